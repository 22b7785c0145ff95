/**
 * Starts what is looked at again and again while the bot runs. None of it is
 * waited for.
 */
import { every, now, wait } from "../clock.ts";
import type { Logger } from "../logger.ts";
import { watchDays } from "../turns/usage/new-day.ts";
import type { Middle } from "./middle.ts";

/** Between two looks at how much of the disk is free: what turns write in that time is small beside the floor. */
const ROOM_MS = 10_000;
const ARCHIVE_MS = 3_600_000;

/** Starts it; sessions are looked at once `recovering` has said which of them have a turn. Days are counted until `stopping`. */
export function startHousekeeping(options: {
  readonly middle: Middle;
  readonly recovering: Promise<void>;
  readonly logger: Logger;
  readonly stopping: AbortSignal;
}): void {
  const { room, turns, autoArchive, standbys } = options.middle;
  const lookForRoom = async (): Promise<void> => {
    if (await room.look()) turns.lookAgain();
  };
  const archive = (): void =>
    void autoArchive
      .check()
      .catch((error: unknown) =>
        options.logger.error({ err: error }, "unused sessions could not be looked at"),
      );
  void lookForRoom();
  every(ROOM_MS, () => void lookForRoom());
  void options.recovering.then(archive);
  void options.recovering.then(() => standbys.prepareRecent());
  every(ARCHIVE_MS, archive);
  void watchDays({ now, wait, onNewDay: turns.lookAgain }, options.stopping);
}
