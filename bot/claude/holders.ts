/**
 * Which running processes hold a conversation: a Claude Code that someone has
 * open in a terminal, or a program's. Reads what the CLI writes of itself
 * (`sessions/PID.json` in its folder) and, for one that writes nothing there,
 * the command lines. It ends nothing, and does not know whose they are but for
 * the marker of ours.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { identify } from "./identity.ts";
import { parseObject } from "./loose-json.ts";
import { isGoing, lookAround, readMarker } from "./process-list.ts";

/** A process that holds a conversation; `startTime` tells it from a later one of the same pid. */
export interface Holder {
  readonly pid: number;
  readonly startTime: string;
}

/** Which conversation, and whose processes do not count: those whose marker begins so. */
export interface HoldersRequest {
  readonly configDir: string;
  readonly claudeSessionId: string;
  readonly ourMarker: string;
}

const card = z.looseObject({ pid: z.int(), sessionId: z.string(), procStart: z.string().exactOptional() });

/** Finds them; none where the machine does not tell. */
export async function findHolders(request: HoldersRequest): Promise<Holder[]> {
  const names = await readdir(join(request.configDir, "sessions")).catch(() => undefined);
  const pids =
    names === undefined ? await byCommandLine(request.claudeSessionId) : await byCards(request, names);
  const holders = await Promise.all(
    pids.map(async (pid): Promise<Holder[]> => {
      if ((await readMarker(pid))?.startsWith(request.ourMarker)) return [];
      const identity = await identify(pid);
      // One that was ours and is being killed has no marker any more.
      if (identity === undefined || (await isGoing(pid))) return [];
      return [{ pid, startTime: identity.startTime }];
    }),
  );
  return holders.flat();
}

/** A process that was killed leaves its card behind, and its pid comes again. */
async function byCards({ configDir, claudeSessionId }: HoldersRequest, names: string[]): Promise<number[]> {
  const pids = names.flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? []).map(Number);
  const found = await Promise.all(
    pids.map(async (pid): Promise<number[]> => {
      const text = await readFile(join(configDir, "sessions", `${pid}.json`), "utf8").catch(() => "");
      if (!text.includes(claudeSessionId)) return [];
      const read = card.safeParse(parseObject(text));
      if (!read.success || read.data.pid !== pid || read.data.sessionId !== claudeSessionId) return [];
      const { procStart } = read.data;
      const identity = await identify(pid);
      if (identity === undefined) return [];
      // Elsewhere than on Linux the two spell times in their own ways.
      const isSame = procStart === undefined || !/^\d+$/.test(identity.startTime);
      return isSame || procStart === identity.startTime ? [pid] : [];
    }),
  );
  return found.flat();
}

async function byCommandLine(claudeSessionId: string): Promise<number[]> {
  const found = await Promise.all(
    (await lookAround()).processes.map(async ({ pid }): Promise<number[]> => {
      const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      const words = line.split("\0");
      const names = words.some((word) => word === claudeSessionId || word === `--resume=${claudeSessionId}`);
      return names ? [pid] : [];
    }),
  );
  return found.flat();
}
