/**
 * Is there room on the disk?
 */
import { freeBytes as free } from "../../store/disk.ts";
import { bad, type Check, ok, warn } from "../finding.ts";
import { size } from "../words.ts";

const LIMIT_BYTES = { bad: 200e6, warn: 2e9 };

/**
 * The fullest of the disks that `paths` lie on. `freeBytes` is what an ordinary user may still write; with less than
 * `floorBytes` no turn begins.
 */
export function diskCheck(deps: {
  paths: readonly string[];
  floorBytes: number;
  freeBytes?: (path: string) => Promise<number | undefined>;
}): Check {
  const freeBytes = deps.freeBytes ?? free;
  return {
    name: "Disk",
    async look() {
      const found = await Promise.all(
        deps.paths.map(async (path) => ({ path, bytes: await freeBytes(path) })),
      );
      const known = found.flatMap(({ path, bytes }) => (bytes === undefined ? [] : [{ path, bytes }]));
      const least = known.sort((a, b) => a.bytes - b.bytes)[0];
      if (least === undefined) return undefined;
      const mend =
        "Free some space: `/archive` packs sessions you do not need now, and archives may be moved elsewhere.";
      if (least.bytes < deps.floorBytes)
        return bad(
          `${size(least.bytes)} are free for ${least.path}, less than MIN_FREE_DISK_MB: no turn begins, messages wait for room.`,
          mend,
        );
      if (least.bytes < LIMIT_BYTES.bad)
        return bad(
          `${size(least.bytes)} are free for ${least.path}: messages will soon wait for room.`,
          mend,
        );
      if (least.bytes < LIMIT_BYTES.warn)
        return warn(`${size(least.bytes)} are free for ${least.path}: that is little.`, mend);
      return ok(`${size(least.bytes)} are free.`);
    },
  };
}
