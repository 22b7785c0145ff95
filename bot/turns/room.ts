/**
 * Whether the disk has room for another turn: asked every few seconds, never in
 * the way of a message. What cannot be asked counts as room. It does not know what
 * waits for it.
 */
import type { Logger } from "../logger.ts";

export interface RoomDeps {
  /** What is free where sessions are kept; undefined where that cannot be asked. */
  readonly freeBytes: () => Promise<number | undefined>;
  /** Below this nothing new begins; 0 for never. */
  readonly floorBytes: number;
  readonly logger: Pick<Logger, "warn" | "info">;
}

/** Makes it; before the first look there is room. */
export function createRoom({ freeBytes, floorBytes, logger }: RoomDeps) {
  let isEnough = true;

  return {
    hasRoom: (): boolean => isEnough,

    /** Asks the disk; true if the answer is another than before. */
    async look(): Promise<boolean> {
      const free = await freeBytes();
      const before = isEnough;
      isEnough = free === undefined || free >= floorBytes;
      if (isEnough === before) return false;
      if (isEnough) logger.info({ freeBytes: free }, "the disk has room again: turns begin");
      else logger.warn({ freeBytes: free, floorBytes }, "the disk has too little room: no turn begins");
      return true;
    },
  };
}
