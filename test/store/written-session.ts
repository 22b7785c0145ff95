/**
 * A session as an earlier start left it on the disk, without one that makes it:
 * many of them are there at once.
 */
import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import type { Paths } from "../../bot/store/paths.ts";

/** The chat and the person that all of them belong to. */
export const CHAT = 7;

/** Writes the session number `n`, the later the newer, with `more` in its file; gives its folder. */
export async function writeSession(paths: Paths, n: number, more: object = {}): Promise<string> {
  const id = randomUUID();
  const folder = `session-${n}-${id.slice(0, 8)}`;
  const { root, workspace, file } = paths.session(folder);
  await mkdir(root, { recursive: true });
  const at = new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString();
  const session = {
    version: 1,
    id,
    folder,
    name: `Session ${n}`,
    persona: "default",
    cwd: workspace,
    chatId: CHAT,
    createdBy: CHAT,
    state: "paused",
    claudeSessionId: randomUUID(),
    createdAt: at,
    updatedAt: at,
    totals: { turns: 0, costUsd: 0, inputTokens: 0, outputTokens: 0, durationMs: 0 },
    ...more,
  };
  await writeFile(file, JSON.stringify(session));
  return folder;
}
