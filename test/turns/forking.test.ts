/** Where a copy of a session begins, and what it is told of the files that it has. */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { transcriptPath } from "../../bot/claude/transcript.ts";
import type { Session } from "../../bot/store/session.ts";
import { createForking, type ForkWish } from "../../bot/turns/forking.ts";
import { makeHouse, PLACE } from "./kit.ts";

const line = (uuid: string): string =>
  `${JSON.stringify({ type: "assistant", uuid, parent_tool_use_id: null, message: { role: "assistant", content: [] } })}\n`;
const uuidOf = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`;

async function bench() {
  const house = await makeHouse();
  const { sessions } = await house.live();
  const { paths, configDir, session } = house;
  const running = new Set<string>();
  const forking = createForking({
    sessions,
    paths,
    configDir,
    canFork: async () => true,
    turns: { isRunning: (id) => running.has(id) },
  });
  const { cwd, claudeSessionId } = session;
  const transcript = await transcriptPath({ configDir, cwd, claudeSessionId });
  await mkdir(dirname(transcript), { recursive: true });
  await writeFile(transcript, "");
  /** A turn that is over; `said` is the line that its answer has in the conversation. */
  async function over(updateId: number, minute: number, said?: string): Promise<void> {
    const endedAt = `2026-01-01T00:0${minute}:00.000Z`;
    const files = paths.turn(session.folder, updateId);
    await mkdir(files.root, { recursive: true });
    await writeFile(files.out, said === undefined ? "" : line(said));
    await writeFile(files.receipt, JSON.stringify({ version: 1, claudeSessionId, endedAt }));
    if (said !== undefined) await writeFile(transcript, line(said), { flag: "a" });
    const outcome = said === undefined ? "failed" : "answered";
    await sessions.update(session.id, { lastTurn: { updateId, endedAt, outcome } });
  }
  let updates = 100;
  async function fork(id: string = session.id, wish: Partial<ForkWish> = {}) {
    const from = sessions.get(id) as Session;
    updates += 1;
    const forked = await forking.fork({
      session: from,
      place: PLACE,
      createdBy: 7,
      originUpdateId: updates,
      ...wish,
    });
    return { ...forked, made: forked.ok ? sessions.get(forked.session.id) : undefined };
  }
  return { house, sessions, session, running, over, fork };
}

it("while a turn runs, a copy begins after the last answer, though the turn before had none, and ids began anew", async () => {
  const { house, session, running, over, fork } = await bench();
  await over(900, 1, uuidOf(1));
  await over(5, 2, uuidOf(2));
  await over(6, 3);
  // What runs now has no end yet, though it has words.
  const now = house.paths.turn(session.folder, 7);
  await mkdir(now.root, { recursive: true });
  await writeFile(now.out, line(uuidOf(3)));
  running.add(session.id);
  const { made, ...forked } = await fork();
  expect(forked).toMatchObject({ ok: true, isBeforeRunning: true });
  expect(made?.forkOf?.at).toBe(uuidOf(2));
  const history = await readFile(house.paths.session(made?.folder ?? "").fork, "utf8");
  expect(history).toContain(uuidOf(2));
});

it("while the first that could be answered runs, there is nothing to copy yet", async () => {
  const { session, running, over, fork } = await bench();
  await over(5, 1);
  running.add(session.id);
  expect(await fork()).toMatchObject({ ok: false, kind: "first_runs" });
});

it("a copy of a copy that has not spoken is told where the files lay that its history speaks of", async () => {
  const { session, over, fork } = await bench();
  await over(5, 1, uuidOf(1));
  const first = await fork();
  const second = await fork(first.made?.id);
  expect(first.made?.forkOf?.workspace).toBe(session.cwd);
  expect(second.made?.forkOf?.workspace).toBe(session.cwd);
});

it("a copy is told what its first was not told yet: files put back, and a turn that was cut off", async () => {
  const { sessions, session, over, fork } = await bench();
  await over(5, 1, uuidOf(1));
  const undone = { updateId: 5, way: "undo" as const, files: ["a.txt"] };
  const cutOff = { updateId: 6, said: "Half", tools: [] };
  await sessions.update(session.id, { undone, cutOff });
  expect((await fork()).made).toMatchObject({ undone, cutOff });
});

it("a copy has the notes of its first, from an earlier answer none", async () => {
  const { house, session, over, fork } = await bench();
  await over(5, 1, uuidOf(1));
  const notesOf = (folder = "") => join(house.paths.session(folder).memory, "MEMORY.md");
  await mkdir(dirname(notesOf(session.folder)), { recursive: true });
  await writeFile(notesOf(session.folder), "- The cat is called Ada.\n");
  const now = await fork();
  expect(await readFile(notesOf(now.made?.folder), "utf8")).toContain("Ada");
  const earlier = await fork(session.id, { at: 5 });
  expect(earlier.ok).toBe(true);
  expect(existsSync(notesOf(earlier.made?.folder))).toBe(false);
});

it("a late second press of one button finds the copy that the first one made, as long as there is that", async () => {
  const { house, sessions, session, over, fork } = await bench();
  await over(5, 1, uuidOf(1));
  const press = { originMessageId: 90 };
  const first = await fork(session.id, press);
  expect(first).not.toHaveProperty("isEarlier");
  expect(await fork(session.id, press)).toMatchObject({ isEarlier: true, made: { id: first.made?.id } });
  // Also when it has spoken, and in another life.
  const { totals } = session;
  await sessions.update(first.made?.id ?? "", { forkOf: undefined, totals: { ...totals, turns: 1 } });
  const { sessions: later } = await house.live();
  expect(later.get(first.made?.id ?? "")?.originMessageId).toBe(90);
  expect(await fork(session.id, press)).toMatchObject({ isEarlier: true, made: { id: first.made?.id } });
  // Another button's is another, and so is one whose first is gone.
  expect((await fork(session.id, { originMessageId: 91 })).made?.id).not.toBe(first.made?.id);
  await sessions.forget(first.made?.id ?? "");
  const again = await fork(session.id, press);
  expect(again).toMatchObject({ ok: true, isBeforeRunning: false });
  expect(again).not.toHaveProperty("isEarlier");
});
