/**
 * What `/session` takes with ten thousand sessions in one chat: the list that is
 * kept, and the one that has to be put in order again because a turn has just
 * changed a session. Rendered as it is sent, without Telegram.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPaths } from "../../bot/store/paths.ts";
import { createSessionManager } from "../../bot/store/session-manager.ts";
import { sessionList } from "../../bot/telegram/presenter/sessions.ts";
import { CHAT, writeSession } from "../store/written-session.ts";
import type { Row } from "./row.ts";

const MANY = 10_000;
const ROUNDS = 15;

/** Fifteen lists of each kind. */
export async function measure(): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), "parley-listing-"));
  try {
    const folder = (name: string): string => join(root, name);
    const paths = createPaths({ sessions: folder("s"), archive: folder("a"), personas: folder("p") });
    for (let n = 0; n < MANY; n += 1) await writeSession(paths, n);
    const sessions = createSessionManager({ paths, now: () => new Date(), newId: randomUUID });
    await sessions.load();
    const list = (page: number): number => {
      const startedMs = performance.now();
      const parts = sessionList({
        sessions: sessions.list(CHAT),
        currentId: undefined,
        isRunning: () => false,
        now: new Date(),
        page,
      });
      if (parts.length === 0) throw new Error("nothing was listed");
      return performance.now() - startedMs;
    };
    const kept: number[] = [];
    const changed: number[] = [];
    const found: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const one = sessions.list(CHAT)[round * 97];
      if (one === undefined) throw new Error("there are too few");
      kept.push(list(round));
      await sessions.update(one.id, { persona: `p${round}` });
      changed.push(list(0));
      const startedMs = performance.now();
      if (sessions.find(CHAT, one.name).kind !== "one") throw new Error("it was not found");
      found.push(performance.now() - startedMs);
    }
    const name = `/session with ${MANY} sessions`;
    return [
      { name, unit: "ms", ours: kept, goal: "< 50 ms" },
      { name: "… right after one of them changed", unit: "ms", ours: changed, goal: "< 50 ms" },
      { name: "… one found by its name", unit: "ms", ours: found, goal: "< 50 ms" },
    ];
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
