/**
 * While you were away: what waited too long is done only at the person's word,
 * and nothing asks twice.
 */
import { readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { expectSound } from "../harness/invariants.ts";
import type { World } from "../harness/world.ts";
import { annaAtHome, ask } from "./stories.ts";

const DAY = 24 * 3_600_000;
const hoursAgo = (hours: number): number => Date.now() / 1_000 - hours * 3_600;

/** Ends the bot, as if it had ended that long ago. */
async function goneFor(world: World, hours: number): Promise<void> {
  await world.bot.kill();
  const heardAt = hoursAgo(hours);
  await utimes(join(world.folders.sessions, ".lock"), heardAt, heardAt);
}

it("after an outage the chat is told in one message, and what is old waits for Run all, Pick or Drop", async () => {
  const { world, anna } = await annaAtHome();
  await ask(anna, "SAY before", /^before$/);
  await expectSound(world);
  const send = (text: string, hours: number) =>
    anna.send({ text, extra: { date: Math.floor(hoursAgo(hours)) } });

  await goneFor(world, 2);
  // Edited before anyone was here to read it: only what it says by now was ever said.
  anna.edit(send("SAY too early", 1).message, "SAY only late");
  await world.start();
  await anna.sees(/^💤 I was away from .+ to .+\. 1 message waited; I answer it now\.$/);
  await anna.sees(/^only late$/);
  await expectSound(world);
  expect(world.model.requests.some(({ prompt }) => prompt.includes("too early"))).toBe(false);
  expect(anna.chat.answers.some(({ text }) => text.includes("as it was before"))).toBe(false);

  await goneFor(world, 9);
  send("SAY old one", 8);
  send("/archive", 8);
  const changed = send("SAY old tow", 7);
  anna.edit(changed.message, "SAY old two");
  send("/status", 7);
  send("SAY young", 1);
  await world.start();
  const asked = await anna.sees(
    /5 messages waited\. I answer 2 of them now\. 3 are older than 6 h .*:\n1\. .+SAY old one\n2\. .+\/archive\n3\. .+SAY old t/s,
  );
  await anna.sees(/^young$/);
  await anna.sees(/You are in Home/);
  await expectSound(world);
  const prompts = () => world.model.requests.map(({ prompt }) => prompt);
  expect(prompts().some((prompt) => prompt.includes("old"))).toBe(false);

  // The buttons outlive the bot, and a short restart asks no second time.
  await world.restart();
  expect(
    (await ask(anna, "/status", /3 messages from while I was away wait for your word/)).buttons,
  ).toMatchObject([{ text: "Show what waits for your word" }]);
  anna.press(asked, "Pick");
  const picking = await anna.sees(/Which of these shall run\?/);
  expect(picking.id).toBe(asked.id);
  anna.press(picking, /^🗑 2/);
  const left = await anna.sees(/It is dropped\. Which of these shall run\?/);
  await world.bot.kill();
  const bot = await world.start({ env: { PARLEY_KILL_AT: "queued" } });
  anna.press(left, "Run the rest");
  // Killed while the first of the two was put in line: both were wanted, and both run once.
  expect((await bot.exit).signal).toBe("SIGKILL");
  await world.start();
  await anna.chat.waitForText(/old one/);
  await anna.chat.waitFor((message) => message.isFromBot && /^(old one\n+)?old two$/m.test(message.text));
  await expectSound(world);
  for (const word of ["old one", "old two"])
    expect(prompts().filter((prompt) => prompt.includes(`SAY ${word}`))).toHaveLength(1);
  expect((await anna.press(left, "Run the rest", { isStale: true }).answered()).text).toMatch(/another time/);
  await ask(anna, "/session", /● Home/);
  await expectSound(world);
});

it("with too little room on the disk no turn begins, everything else works, and it runs when there is room", async () => {
  const { world, anna } = await annaAtHome({ env: { MIN_FREE_DISK_MB: "1000000000" } });
  await world.bot.logs(/the disk has too little room/);
  anna.send("SAY patience");
  const note = await anna.sees(/^⏳ Waits for room/);
  expect(note.buttons.map(({ text }) => text)).toEqual(["Drop"]);
  await ask(anna, "/status", /You are in Home.*1 message waiting/s);
  await ask(anna, "/new Other", /Made a new session: Other/);
  await ask(anna, "/archive Other", /is archived/);
  await world.restart({ env: { MIN_FREE_DISK_MB: "1" } });
  await anna.chat.waitForText(/^patience$/);
  await expectSound(world);
});

it("what nobody uses is announced, kept at a word, archived a day later though the bot dies under it, and restored", async () => {
  const { world, anna } = await annaAtHome({ env: { AUTO_ARCHIVE_AFTER: "3d" } });
  await ask(anna, "/new Other", /Made a new session: Other/);
  await world.bot.kill();
  const { sessions } = world.folders;
  const folders = (await readdir(sessions)).filter((name) => /-[0-9a-f]{8}$/.test(name));
  for (const folder of folders) {
    const path = join(sessions, folder, "session.json");
    const session = JSON.parse(await readFile(path, "utf8")) as object;
    await writeFile(
      path,
      JSON.stringify({ ...session, updatedAt: new Date(Date.now() - 9 * DAY).toISOString() }),
    );
  }
  await world.start();
  const announced = await anna.sees(/^🗄 These sessions are archived tomorrow.*Home.*Other|Other.*Home/s);
  anna.press(announced, "Keep Other");
  await anna.sees(/Other [0-9a-f]{8} stays\.\n🗄 This session is archived tomorrow/);

  await world.bot.kill();
  const path = join(sessions, "housekeeping.json");
  const aDayEarlier = (await readFile(path, "utf8")).replaceAll(/"(20[^"]+)"/g, (_, at: string) =>
    JSON.stringify(new Date(Date.parse(at) - DAY).toISOString()),
  );
  await writeFile(path, aDayEarlier);
  const bot = await world.start({ env: { PARLEY_KILL_AT: "archive:packed" } });
  expect((await bot.exit).signal).toBe("SIGKILL");
  await world.start();
  await anna.sees(/^📦 The archive of Home, which a restart had interrupted, is finished/);
  await ask(anna, "/session", /○ Other/);
  await ask(anna, "/restore Home", /Home [0-9a-f]{8} is back/);
  await expectSound(world);
});
