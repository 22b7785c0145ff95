import { appendFile, mkdir, open, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { transcriptPath } from "../../bot/claude/transcript.ts";
import { recover } from "../../bot/turns/recovery.ts";
import { lookForNews } from "../../bot/turns/terminal/news.ts";
import { createTerminal } from "../../bot/turns/terminal/terminal.ts";
import { makeHouse, orderOf, PLACE, until } from "./kit.ts";

const uuid = (n: number) => `${String(n).padStart(8, "0")}-1111-4111-8111-111111111111`;
const asked = (n: number, text: string) => ({ type: "user", uuid: uuid(n), message: { content: text } });
const said = (text: string) => ({
  type: "assistant",
  uuid: uuid(99),
  message: { id: "m", model: "m", content: [{ type: "text", text }] },
});

/** A session whose transcript is known so far; `add` is what somebody writes behind it. */
async function known() {
  const { paths, session, configDir } = await makeHouse();
  const { cwd, claudeSessionId } = session;
  const path = await transcriptPath({ configDir, cwd, claudeSessionId });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(asked(1, "before"))}\n`);
  const { size: bytes } = await stat(path);
  return {
    paths,
    session,
    look: () => lookForNews({ paths, configDir }, { ...session, known: { claudeSessionId, bytes } }),
    add: (...lines: readonly object[]) =>
      appendFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join("")),
  };
}

describe("what was said elsewhere", () => {
  it("is counted, with the last words of both", async () => {
    const { look, add } = await known();
    expect((await look()).news).toBeUndefined();
    await add(asked(2, "one"), said("1"), asked(3, "two"), said("and"), said("2"));
    expect((await look()).news).toEqual({ prompts: 2, lastPrompt: "two", lastAnswer: "2" });
  });

  it("is nothing where the CLI only wrote notes, or answered a command by itself", async () => {
    const { look, add } = await known();
    await add({ type: "last-prompt", lastPrompt: "x" }, { type: "mode", mode: "normal" });
    await add(asked(2, "<command-name>/context</command-name>"));
    expect((await look()).news).toBeUndefined();
  });

  it("is not what this chat asked while the bot died before it noted that; what came behind it is", async () => {
    const { look, add, paths, session } = await known();
    const turn = paths.turn(session.folder, 7);
    await mkdir(turn.root, { recursive: true });
    await writeFile(turn.prompt, JSON.stringify({ messageUuid: uuid(2) }));
    await writeFile(turn.out, `${JSON.stringify({ type: "user", uuid: uuid(3), isReplay: true })}\n`);
    await add(asked(2, "ours"), said("1"), asked(3, "written into the turn"), said("2"));
    expect((await look()).news).toBeUndefined();
    await add(asked(4, "theirs"), said("3"));
    expect((await look()).news).toEqual({ prompts: 1, lastPrompt: "theirs", lastAnswer: "3" });
  });

  it("is not what this chat asked though its number is lower than those before: after a quiet week they begin anew", async () => {
    const { look, add, paths, session } = await known();
    for (const id of [901, 902, 903, 904, 905, 906, 7]) {
      const turn = paths.turn(session.folder, id);
      await mkdir(turn.root, { recursive: true });
      await writeFile(turn.prompt, JSON.stringify({ messageUuid: uuid(id) }));
      // What was written before the quiet week.
      if (id !== 7) await utimes(turn.prompt, id, id);
    }
    await add(asked(7, "ours"), said("1"));
    expect((await look()).news).toBeUndefined();
  });

  it("is not what this chat asked, however much its turn said before that", async () => {
    const { look, add, paths, session } = await known();
    const turn = paths.turn(session.folder, 7);
    await mkdir(turn.root, { recursive: true });
    const out = await open(turn.out, "w");
    // Longer than a text can be.
    await out.write(`\n${JSON.stringify({ type: "user", uuid: uuid(2), isReplay: true })}\n`, 600_000_000);
    await out.close();
    await add(asked(2, "written into the turn"), said("1"));
    expect((await look()).news).toBeUndefined();
  }, 60_000);

  it("is nothing of another conversation, such as after /clear", async () => {
    const { paths, session, look } = await known();
    expect((await look()).bytes).toBeGreaterThan(0);
    const other = { ...session, claudeSessionId: uuid(5), known: { claudeSessionId: uuid(6), bytes: 0 } };
    expect(await lookForNews({ paths, configDir: join(paths.folders.sessions, "none") }, other)).toEqual({
      bytes: undefined,
    });
  });
});

describe("a session that is current in two topics, and goes on at a terminal", () => {
  it("says in each what waits there, once, and again after a restart", async () => {
    const house = await makeHouse();
    const { id, cwd, claudeSessionId } = house.session;
    const path = await transcriptPath({ configDir: house.configDir, cwd, claudeSessionId });
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${JSON.stringify(asked(2, "at the desk"))}\n${JSON.stringify(said("1"))}\n`);
    const life = await house.live();
    await life.sessions.update(id, { known: { claudeSessionId, bytes: 0 } });
    const topic = { ...PLACE, threadId: 3 };
    const places = [PLACE, topic, PLACE, topic];
    for (const [at, place] of places.entries()) {
      await life.turns.submit(5 + at, id, { ...orderOf("x", 105 + at), place });
      await until(() => life.journal.get(5 + at)?.state === "stalled");
    }
    expect(life.stalls).toEqual([
      { place: PLACE, count: 1 },
      { place: topic, count: 2 },
    ]);

    const next = await house.live();
    await recover({
      ...next,
      isAllowed: () => true,
      endStrays: async () => {},
      deliver: async () => {},
      handle: () => {},
      admit: () => true,
      tellRecovered: () => {},
      tellWaiting: () => {},
    });
    await until(() => next.stalls.length === 2);
    expect(new Set(next.stalls)).toEqual(
      new Set([
        { place: PLACE, count: 4 },
        { place: topic, count: 4 },
      ]),
    );
    // One word is for all of them.
    expect(await next.turns.terminal.drop(id)).toBe(4);
  });
});

describe("a session that was marked as at the terminal while a turn runs", () => {
  it("tells what was said there before that turn ended, and nothing of the turn's own", async () => {
    const house = await makeHouse();
    const { session, configDir, paths } = house;
    const { id, cwd, claudeSessionId } = session;
    const path = await transcriptPath({ configDir, cwd, claudeSessionId });
    await mkdir(dirname(path), { recursive: true });
    const add = (...lines: readonly object[]) =>
      appendFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    await add(asked(1, "before"));
    const life = await house.live();
    const terminal = createTerminal({
      sessions: life.sessions,
      journal: life.journal,
      now: () => new Date(),
      paths,
      configDir,
      tellStalled: () => {},
      submit: async () => {},
    });
    const look = async () => {
      const now = life.sessions.get(id);
      return now && (await terminal.look(now))?.news;
    };
    await life.sessions.update(id, { known: { claudeSessionId, bytes: (await stat(path)).size } });
    const turn = paths.turn(session.folder, 7);
    await mkdir(turn.root, { recursive: true });
    await writeFile(turn.prompt, JSON.stringify({ messageUuid: uuid(2) }));
    await add(asked(2, "ours"));
    await terminal.mark(id);
    await add(said("1"));
    await terminal.gate.gone(id);
    expect(await look()).toBeUndefined();
    await add(asked(3, "theirs"), said("2"));
    await terminal.gate.gone(id);
    expect(await look()).toEqual({ prompts: 1, lastPrompt: "theirs", lastAnswer: "2" });
  });
});
