import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { assert, property, string } from "fast-check";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { startWorker } from "../../bot/store/archive/process.ts";
import { createArchives } from "../../bot/store/archive/archive.ts";
import type { Session } from "../../bot/store/session.ts";
import { searchCommand } from "../../bot/telegram/commands/search.ts";
import { createArchiving } from "../../bot/turns/archiving.ts";
import { foldText, snippetOf } from "../../bot/turns/search/fold.ts";
import { search } from "../../bot/turns/search/search.ts";
import { checkParts, pressButtons, textOf } from "../telegram/presenter-check.ts";
import { makeHouse, PLACE } from "./kit.ts";

async function bench() {
  const house = await makeHouse();
  const life = await house.live();
  const { paths, session: home } = house;
  const now = () => new Date("2026-01-03");
  const time = { ms: 0, step: 0 };
  let workers = 0;
  const archives = createArchives({
    paths,
    now,
    startWorker: () => {
      workers += 1;
      return startWorker();
    },
  });
  const logger = pino({ level: "silent" });
  const archiving = createArchiving({ ...life, archives, paths, configDir: undefined, logger });
  const deps = { ...life, archives, paths, now, nowMs: () => (time.ms += time.step) };
  const { command, button } = searchCommand(deps);

  async function say(session: Session, id: number, asked: string, answered: string): Promise<void> {
    const { root, prompt, receipt } = paths.turn(session.folder, id);
    await mkdir(root, { recursive: true });
    await writeFile(prompt, JSON.stringify({ text: asked, createdAt: "2026-01-01T10:00:00.000Z" }));
    await writeFile(receipt, JSON.stringify({ text: answered, outcome: "answered" }));
  }
  async function make(name: string, chatId = PLACE.chatId): Promise<Session> {
    const made = await life.sessions.create({ name, persona: "default", place: { chatId }, createdBy: 7 });
    if (!made.ok) throw new Error(made.kind);
    return made.session;
  }
  const names = async (text: string): Promise<string[]> =>
    (await search(deps, { chatId: PLACE.chatId, text })).hits.map(({ session }) => session.name);
  const ask = async (text: string, updateId = 9) => {
    const parts = await command.run({ updateId, place: PLACE, userId: 7, text });
    checkParts(parts);
    return parts;
  };
  const turn = async (text: string) => {
    const request = { updateId: 10, place: PLACE, userId: 7, text };
    const refusal = await button.refuse?.(request);
    if (refusal !== undefined) return refusal;
    const parts = (await button.press(request)) ?? [];
    checkParts(parts);
    return textOf(parts);
  };
  return {
    ...life,
    paths,
    home,
    archives,
    archiving,
    deps,
    time,
    say,
    make,
    names,
    ask,
    turn,
    workers: () => workers,
  };
}

describe("a search", () => {
  it("finds what the person or Claude said, without regard to capitals and accents, all words in one turn", async () => {
    const { home, say, make, names } = await bench();
    await say(home, 1, "Where do the TULIPS grow?", "In the Gärten of Düsseldorf.");
    await say(home, 2, "and roses?", "nowhere");
    const other = await make("Other");
    await say(other, 3, "tulips again", "ﬁne");
    expect((await names("tulips")).sort()).toEqual(["Other", home.name].sort());
    expect(await names("garten DUSSELDORF tulips")).toEqual([home.name]);
    expect(await names("fine")).toEqual(["Other"]);
    expect(await names("tulips roses")).toEqual([]);
  });

  it("finds sessions by their names, alone or with what was said, and no other chat's", async () => {
    const { home, say, make, names } = await bench();
    await say(home, 1, "paint the shed", "done");
    const shed = await make("Garden shed");
    await say(shed, 2, "which colour?", "green");
    const strange = await make("Garden of others", 8);
    await say(strange, 3, "green", "green");
    expect(await names("garden")).toEqual(["Garden shed"]);
    expect(await names("garden green")).toEqual(["Garden shed"]);
    expect((await names("shed")).sort()).toEqual(["Garden shed", home.name].sort());
  });

  it("finds what was archived without opening its tarball, and where that copy is gone, by opening it once", async () => {
    const { make, say, archiving, names, paths, workers, ask } = await bench();
    const old = await make("Old plans");
    await say(old, 1, "remember the marmalade", "## 1 · I will\n> quoted");
    expect(await archiving.archive(old)).toMatchObject({ ok: true });
    const before = workers();
    expect(await names("MARMALADE quoted")).toEqual(["Old plans"]);
    expect(workers()).toBe(before);
    const { words } = paths.archive(old.folder);
    await rm(words);
    expect(await names("marmalade")).toEqual(["Old plans"]);
    await writeFile(words, "broken");
    expect(await names("marmalade")).toEqual(["Old plans"]);
    expect(await names("marmalade")).toEqual(["Old plans"]);
    expect(workers()).toBe(before + 2);
    const parts = await ask("marmalade");
    expect(textOf(parts)).toMatch(/📦 Old plans [0-9a-f]{8} · archived · .*\nremember the marmalade/);
    expect(pressButtons(parts)).toMatchObject([{ data: `restore:${old.folder}` }]);
    await archiving.restore(old.folder);
    expect(pressButtons(await ask("marmalade"))).toMatchObject([{ data: `switch:${old.id.slice(0, 8)}` }]);
  });

  it("finds what was written into a turn while it ran, live and archived: from its receipt, and of an older version's from what the CLI said", async () => {
    const { home, say, names, paths, make, archiving } = await bench();
    const old = await make("Old");
    const replay = { type: "user", isReplay: true, uuid: "u", message: { content: "and plums" } };
    for (const [session, id] of [
      [home, 1],
      [old, 2],
    ] as const) {
      await say(session, id, "pears", "yes");
      const { out, receipt } = paths.turn(session.folder, id);
      await writeFile(out, `${JSON.stringify(replay)}\n`);
      if (session === home)
        await writeFile(receipt, JSON.stringify({ text: "yes", steered: [{ at: 3, text: "and figs" }] }));
    }
    expect(await names("figs pears")).toEqual([home.name]);
    expect(await names("plums")).toEqual(["Old"]);
    for (const session of [home, old]) expect(await archiving.archive(session)).toMatchObject({ ok: true });
    expect(await names("pears figs")).toEqual([home.name]);
    expect(await names("plums")).toEqual(["Old"]);
  });

  it("passes over what cannot be read", async () => {
    const { home, say, names, paths } = await bench();
    await say(home, 1, "tulips", "yes");
    await say(home, 2, "tulips", "yes");
    await writeFile(join(paths.turn(home.folder, 2).root, "prompt.json"), "{");
    await rm(paths.turn(home.folder, 2).receipt);
    expect(await names("tulips")).toEqual([home.name]);
  });

  it("ends in time, with what it has, and says so", async () => {
    const { home, say, make, time, ask } = await bench();
    await say(home, 1, "tulips", "yes");
    for (let count = 0; count < 20; count += 1) await make(`More ${count}`);
    await say(await make("Last"), 2, "tulips", "yes");
    time.step = 1_000;
    expect(textOf(await ask("tulips"))).toMatch(/Stopped before all was searched; narrower words help/);
  });

  it("shows pages, until it is forgotten", async () => {
    const { make, ask, turn } = await bench();
    for (let count = 0; count < 7; count += 1) await make(`Garden ${count}`);
    const parts = await ask("garden", 50);
    expect(textOf(parts)).toMatch(/is in 7 sessions, page 1 of 2:/);
    expect(pressButtons(parts).at(-1)).toMatchObject({ text: "more ▶", data: "found:50:1" });
    expect(await turn("found:50:1".slice(6))).toMatch(/page 2 of 2/);
    expect(await turn("51:1")).toMatch(/That search is forgotten/);
    expect(textOf(await ask("  "))).toMatch(/\/search WORDS finds/);
    expect(textOf(await ask("nothing of the kind"))).toMatch(/Nothing here has all of/);
  });
});

describe("a snippet", () => {
  it("shows the words as they were written, however they fold", () => {
    expect(snippetOf("aa ﬁn İstanbul ΟΔΟΣ zz", foldText("istanbul"))).toEqual({
      before: "aa ﬁn ",
      found: "İstanbul",
      after: " ΟΔΟΣ zz",
    });
    expect(snippetOf("ΟΔΟΣ", foldText("οδος"))?.found).toBe("ΟΔΟΣ");
    expect(snippetOf("nothing", "tulips")).toBeUndefined();
    const long = snippetOf(`${"a ".repeat(100)}tulips${" b".repeat(100)}`, "tulips");
    expect(long?.before).toMatch(/^…(a )+$/);
    expect(long?.after).toMatch(/^( b)+…$/);
  });

  it("of a very long text shows the right place", () => {
    for (const signs of [998, 999, 1_000, 1_001, 2_500, 300_000])
      expect(snippetOf(`${"ﬁé".repeat(signs / 2)}|İstanbul|${"ﬁ".repeat(signs)}`, "istanbul")?.found).toBe(
        "İstanbul",
      );
  });

  it("of any text that has the word, has the word", () => {
    assert(
      property(string({ unit: "grapheme" }), string({ unit: "grapheme" }), (before, after) => {
        const snippet = snippetOf(`${before} Tülips ${after}`, "tulips");
        expect(foldText(snippet?.found ?? "")).toContain("tulips");
      }),
    );
  });
});
