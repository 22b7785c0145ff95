/**
 * Starts what is looked at again and again while the bot runs. None of it is
 * waited for.
 */
import { every } from "../clock.ts";
import type { Middle } from "./middle.ts";

/** Between two looks at how much of the disk is free: what turns write in that time is small beside the floor. */
const ROOM_MS = 10_000;

/** Starts it. */
export function startHousekeeping({ middle }: { readonly middle: Middle }): void {
  const { room, turns } = middle;
  const lookForRoom = async (): Promise<void> => {
    if (await room.look()) turns.roomChanged();
  };
  void lookForRoom();
  every(ROOM_MS, () => void lookForRoom());
}
