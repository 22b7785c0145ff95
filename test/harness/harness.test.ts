/**
 * The harness is judged with a small bot that keeps the rules or, when told,
 * breaks one: a check that never finds anything would prove nothing.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { type BotApi, startBotApi } from "../fakes/bot-api/bot-api.ts";
import type { Person } from "../fakes/bot-api/person.ts";
import { checkFormatted } from "../oracle/tdlib.ts";
import { createWorld, describeWorld } from "./create-world.ts";
import { type BotProcess, startBot } from "./bot-process.ts";
import { makeFolders, removeFolders, type WorldFolders } from "./folders.ts";
import { checkInvariants, expectSound } from "./invariants.ts";
import { endProcessesOf, processesOf } from "./processes.ts";

const echoBot = fileURLToPath(new URL("./echo-bot.ts", import.meta.url));

interface Small {
  readonly api: BotApi;
  readonly folders: WorldFolders;
  readonly anna: Person;
  readonly bots: BotProcess[];
  readonly allowed: { userIds: number[]; chatIds: number[] };
  readonly start: (fault?: string) => Promise<BotProcess>;
  readonly check: (settleMs?: number) => Promise<string[]>;
}

async function small(): Promise<Small> {
  const folders = await makeFolders();
  const api = await startBotApi({ checkText: checkFormatted });
  const bots: BotProcess[] = [];
  const allowed = { userIds: [7001], chatIds: [] };

  onTestFinished(async () => {
    await Promise.all(bots.map((bot) => bot.kill()));
    await endProcessesOf(folders.home);
    await api.close();
    await removeFolders(folders);
  });
  return {
    api,
    folders,
    bots,
    allowed,
    anna: api.user(7001, { name: "Anna" }),
    start: async (fault = "") => {
      const bot = await startBot({
        api,
        folders,
        allowedUserIds: [7001],
        entry: echoBot,
        env: { ECHO: fault },
      });
      bots.push(bot);
      return bot;
    },
    check: (settleMs = 5000) => checkInvariants({ api, folders, bots, allowed }, { settleMs }),
  };
}

test("a bot that keeps the rules is found sound, also after a kill", async () => {
  const { anna, start, check, api } = await small();
  const bot = await start();
  expect(bot.startMs).toBeGreaterThan(0);
  anna.send("one");
  await anna.sees("echo: one");
  const { updateId } = api.user(9001, { name: "Stranger" }).send("let me in");
  await api.waitForCall("getUpdates", (call) => Number(call.payload["offset"]) > updateId);
  await expect(bot.kill()).resolves.toEqual({ code: null, signal: "SIGKILL" });
  anna.send("two");
  await start();
  await anna.sees("echo: two");
  await expect(check()).resolves.toEqual([]);
});

test.each([
  ["forgetful", /^I1 update \d+ was confirmed and is not in the journal/],
  ["mute", /^I3 update \d+ has neither answer nor notice/],
  ["doubles", /^I4 chat 7001 holds this twice: echo: one/],
  ["talks", /^I7 the token is in the log/],
  ["loose", /^I8 sessions\/journal\.jsonl has mode 644/],
])("a %s bot is found out", async (fault, sentence) => {
  const { anna, start, check, api } = await small();
  await start(fault);
  const { updateId } = anna.send("one");
  await api.waitForCall("getUpdates", (call) => Number(call.payload["offset"]) > updateId);
  const faults = await check();
  expect(faults).toEqual([expect.stringMatching(sentence)]);
});

test("what lies about on the disk is found", async () => {
  const { folders, check, api } = await small();
  const put = async (path: string, text: string): Promise<void> =>
    writeFile(join(folders.root, path), text, { mode: 0o600 });
  await mkdir(join(folders.sessions, "home-0123abcd"), { mode: 0o700 });
  await put("sessions/chats.json", "{");
  await put("sessions/.chats.json.abc.tmp", "");
  await put("sessions_archive/.x.tar.gz.part", "");
  await put("sessions/journal.jsonl", '{"v":1,"id":1,"state":"running","at":"x"}\n{"v":1');
  await put("home/.claude.json", JSON.stringify({ env: api.token }));
  const faults = await check(0);
  for (const sentence of [
    /^I6 sessions\/chats\.json: not JSON/,
    /^I6 sessions\/\.chats\.json\.abc\.tmp is left over/,
    /^I6 sessions_archive\/\.x\.tar\.gz\.part is left over/,
    /^I6 sessions\/journal\.jsonl ends in a torn line/,
    /^I7 the token is in home\/\.claude\.json/,
    /^I10 the session folder home-0123abcd has no session\.json/,
    /^I3 update 1 is still running/,
  ])
    expect(faults).toContainEqual(expect.stringMatching(sentence));
});

test("a process of a turn that is left is found, and ended by pid", async () => {
  const { folders, check, bots, api } = await small();

  const env = { PARLEY_TURN: "17" };
  bots.push(await startBot({ api, folders, allowedUserIds: [7001], entry: echoBot, env }));
  await expect(check(0)).resolves.toEqual([expect.stringMatching(/^I5 process \d+ of turn 17 is left/)]);
  await endProcessesOf(folders.home);
  await expect(processesOf(folders.home)).resolves.toEqual([]);
});

test("a bot that ends at once is told from one that polls, with its words", async () => {
  const { start } = await small();
  const bot = await start("dies");
  expect(bot.ended).toEqual({ code: 78, signal: null });
  expect(bot.lines).toContain("no sessions folder");
});

test("a bot ends on SIGTERM; one that does not is killed and reported", async () => {
  const { start } = await small();
  await expect((await start()).stop()).resolves.toEqual({ code: 0, signal: null });
  await expect((await start("stubborn")).stop(300)).rejects.toThrow(/did not end within 300 ms/);
});

test("a world reads like a story", async () => {
  const world = await createWorld();
  const anna = world.person();
  const mallory = world.stranger();
  await world.start({ entry: echoBot });
  anna.send("hello");
  mallory.send("hello");
  await anna.sees("echo: hello");
  const { updateId } = anna.send("again");
  await anna.sees("echo: again");
  await world.api.waitForCall("getUpdates", (call) => Number(call.payload["offset"]) > updateId);
  await world.restart();
  await expectSound(world);
  await expect(world.start({ env: { ECHO: "dies" } })).rejects.toThrow(
    /ended before it polled[^]*no sessions/,
  );
  expect(world.bots).toHaveLength(3);
  expect(describeWorld(world)).toMatch(/Anna: hello\n {2}#\d+ bot: echo: hello[^]*The log of bot/);
});
