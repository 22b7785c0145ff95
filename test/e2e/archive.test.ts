/**
 * A session into a tarball and back: nothing is lost on the way, wherever the bot
 * dies, and the conversation is remembered.
 */
import { access, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import type { Person } from "../fakes/bot-api/person.ts";
import { expectSound } from "../harness/invariants.ts";
import type { World } from "../harness/world.ts";
import { allDone, annaAtHome, ask } from "./stories.ts";

async function folderOf(world: World): Promise<string> {
  const names = await readdir(world.folders.sessions);
  return names.find((name) => name.startsWith("home-")) ?? "";
}

/** As if it were another machine, or thirty days later: the CLI's own record is gone. */
async function forgetTranscripts(world: World): Promise<void> {
  await rm(join(world.folders.home, ".claude", "projects"), { recursive: true, force: true });
}

/** Asks for a page and gives what came; the bot keeps no copy. */
async function exported(anna: Person, command: string): Promise<{ name: string; text: string }> {
  anna.send(command);
  const { document } = await anna.chat.waitFor((message) => message.document !== undefined, {
    since: anna.mark,
  });
  return { name: document?.name ?? "", text: Buffer.from(document?.bytes ?? []).toString("utf8") };
}

describe("an archived session", () => {
  it("is one tarball that tar can read, and after a restore it remembers", async () => {
    const { world, anna } = await annaAtHome();
    await ask(anna, "SAY the code word is marmalade", /marmalade/);
    // The text stands there before the turn has ended; nobody types as fast as this test.
    await expectSound(world);
    const folder = await folderOf(world);
    await writeFile(join(world.folders.sessions, folder, "workspace", "notes.txt"), "kept\n", {
      mode: 0o600,
    });

    const packed = await ask(anna, "/archive", /Home [0-9a-f]{8} is archived .*read back and compared/);
    expect(await folderOf(world)).toBe("");
    const tarball = join(world.folders.archive, `${folder}.tar.gz`);
    // Sent only when it is asked for.
    expect(anna.chat.answers.filter(({ document }) => document !== undefined)).toEqual([]);
    anna.press(packed, "Send it here");
    const sent = await anna.chat.waitFor(({ document }) => document !== undefined, { since: anna.mark });
    expect(sent.document?.name).toBe(`${folder}.tar.gz`);
    expect(Buffer.compare(sent.document?.bytes ?? Buffer.alloc(0), await readFile(tarball))).toBe(0);
    const { stdout } = await execa("tar", ["-tzf", tarball]);
    for (const name of ["session.json", "transcript.md", "manifest.json", "notes.txt"])
      expect(stdout).toContain(name);
    const { stdout: page } = await execa("sh", ["-c", `tar -xzOf ${tarball} --wildcards '*transcript.md'`]);
    expect(page).toContain("marmalade");
    await ask(anna, "SAY anyone", /No session is current|no session here yet/i);

    await forgetTranscripts(world);
    const list = await ask(anna, "/restore", /Tap one to bring it back/);
    anna.press(list, "Home");
    await anna.sees(/Home [0-9a-f]{8} is back, and you are in it/);
    await anna.sees(/^anyone$/);
    await ask(anna, "RECALL", /SAY the code word is marmalade/);
    expect(await readFile(join(world.folders.sessions, folder, "workspace", "notes.txt"), "utf8")).toBe(
      "kept\n",
    );
    await expectSound(world);
  });

  it("is refused while a turn runs, and archived when it has ended", async () => {
    const { world, anna } = await annaAtHome();
    anna.send("LONG:60 DELAY:50");
    await anna.chat.waitForShown(/w3/);
    await ask(anna, "/archive", /has a turn running/);
    await anna.sees(/w59/);
    await allDone(world);
    await ask(anna, "/archive Home", /is archived/);
    await expectSound(world, { repeatable: [/w59/] });
  });

  it("can be archived again after a restore", async () => {
    const { world, anna } = await annaAtHome();
    await ask(anna, "SAY one", /^one$/);
    await expectSound(world);
    await ask(anna, "/archive", /is archived/);
    await ask(anna, "/restore home", /is back/);
    await ask(anna, "SAY two", /^two$/);
    await expectSound(world);
    const folder = await folderOf(world);
    anna.send("/archive");
    // At once: it is for no session any more, and waits for one.
    await ask(anna, "SAY three", /Your message is kept/);
    await anna.chat.waitForText(/is archived/, { since: anna.mark });
    // As if the tarball alone had been put there by hand.
    await rm(join(world.folders.archive, `${folder}.json`));
    await ask(anna, "/restore home", /is back/);
    await anna.sees(/^three$/);
    await allDone(world);
    await ask(anna, "RECALL", /SAY one\nSAY two\nSAY three/);
    await expectSound(world, { repeatable: [/is archived/, /is back/] });
  });

  it("comes back from the tarball that is sent to the bot, and remembers; killed on the way, too", async () => {
    const { world, anna } = await annaAtHome();
    await ask(anna, "SAY the code word is marmalade", /marmalade/);
    await expectSound(world);
    const folder = await folderOf(world);
    const packed = await ask(anna, "/archive", /is archived/);
    anna.press(packed, "Send it here");
    const sent = await anna.chat.waitFor(({ document }) => document !== undefined, { since: anna.mark });
    const bytes = sent.document?.bytes ?? Buffer.alloc(0);
    const send = () => anna.send({ document: { name: "a keepsake.tar.gz", bytes } });
    send();
    const known = await anna.sees(/the archive of Home .* is here already; \/restore brings it back/);
    anna.press(known, "Leave it");
    await anna.sees(/nothing of it was unpacked/);

    // As if it were another machine, and the bot dies there in the middle of it.
    for (const name of await readdir(world.folders.archive)) await rm(join(world.folders.archive, name));
    await forgetTranscripts(world);
    await world.bot.kill();
    const bot = await world.start({ env: { PARLEY_KILL_AT: "restore:placed" } });
    send();
    const asked = await anna.sees(/the archive of Home [0-9a-f]{8} \(1 turn, .*Restore it here\?/);
    await ask(anna, "/restore", /Nothing is archived here/);
    anna.press(asked, "Restore it");
    expect((await bot.exit).signal).toBe("SIGKILL");
    await world.start();
    await anna.sees(/Home [0-9a-f]{8} is back, and you are in it/);
    await ask(anna, "RECALL", /SAY the code word is marmalade/);
    expect(await folderOf(world)).toBe(folder);

    // What is no archive goes on as it always did.
    const other = gzipSync("just notes");
    anna.send({ document: { name: "notes.tar.gz", bytes: other }, caption: "SAY taken" });
    await anna.sees(/^taken$/);
    expect(await readdir(world.folders.archive)).toEqual([]);
    await expectSound(world);
  });

  it("is what is left of a session that is deleted, until that is deleted, too; each asks first, and survives a SIGKILL", async () => {
    const { world, anna } = await annaAtHome();
    await ask(anna, "SAY *marmalade* <b>", /marmalade/);
    await expectSound(world);
    const page = await exported(anna, "/export");
    expect(page.name).toBe("Home.html");
    expect(page.text).toContain("<em>marmalade</em> &#60;b&#62;");
    const asked = await ask(
      anna,
      "/delete",
      /Delete Home [0-9a-f]{8}\? Its 1 turn, .* the files in its workspace/,
    );
    anna.press(asked, "Keep it");
    await anna.sees(/Kept as it is/);
    const folder = await folderOf(world);
    expect(folder).not.toBe("");

    await world.bot.kill();
    let bot = await world.start({ env: { PARLEY_KILL_AT: "archive:published" } });
    anna.press(await ask(anna, "/delete home", /Delete Home/), "Delete it");
    expect((await bot.exit).signal).toBe("SIGKILL");
    await world.start();
    await anna.sees(/Home [0-9a-f]{8} is deleted\. Its archive stays/);
    expect(await folderOf(world)).toBe("");
    const text = await exported(anna, "/export md home");
    expect(text.text).toMatch(/# Home\n[^]*> SAY \*marmalade\* <b>\n[^]*\*\*Claude\*\* · answered/);
    await ask(anna, "/restore home", /is back/);
    await ask(anna, "RECALL", /SAY marmalade/);
    await expectSound(world, { repeatable: [/1 turn\./] });

    anna.press(await ask(anna, "/delete", /Delete Home/), "Delete it");
    const deleted = await anna.sees(/is deleted\. Its archive stays/);
    await world.bot.kill();
    bot = await world.start({ env: { PARLEY_KILL_AT: "erase:tarball" } });
    anna.press(deleted, "Delete the archive, too");
    anna.press(await anna.sees(/Delete the archive of Home .* for ever/), "Send it here first");
    await anna.chat.waitFor(({ document }) => document?.name === `${folder}.tar.gz`, { since: anna.mark });
    anna.press(await anna.sees(/Here is the archive of Home/), "Delete it for ever");
    expect((await bot.exit).signal).toBe("SIGKILL");
    await world.start();
    await anna.sees(/The archive is deleted for ever/);
    expect(await readdir(world.folders.archive)).toEqual([]);
    await ask(anna, "/restore", /Nothing is archived here/);
    await ask(anna, "/export home", /no session home/);
  });

  it.each([
    "archive:frozen",
    "archive:gathered",
    "archive:packed",
    "archive:verified",
    "archive:published",
    "archive:listed",
    "archive:doomed",
    "archive:deleted",
  ])("survives a SIGKILL at %s: the next start finishes it, and it restores whole", async (step) => {
    const { world, anna } = await annaAtHome();
    await ask(anna, "SAY marmalade", /^marmalade$/);
    await expectSound(world);
    const folder = await folderOf(world);
    await mkdir(join(world.folders.sessions, folder, "workspace", "deep"), { mode: 0o700 });
    await writeFile(join(world.folders.sessions, folder, "workspace", "deep", "kept.txt"), "kept\n", {
      mode: 0o600,
    });
    await expectSound(world);
    await world.bot.kill();
    const bot = await world.start({ env: { PARLEY_KILL_AT: step } });
    anna.send("/archive");
    expect((await bot.exit).signal).toBe("SIGKILL");

    await world.start();
    await anna.sees(/is archived/);
    await expectSound(world);
    await forgetTranscripts(world);
    await ask(anna, "/restore home", /is back/);
    await ask(anna, "RECALL", /SAY marmalade/);
    await access(join(world.folders.sessions, folder, "workspace", "deep", "kept.txt"));
    await expectSound(world);
  });

  it.each([
    "restore:inspected",
    "restore:extracted",
    "restore:compared",
    "restore:placed",
    "restore:published",
  ])("survives a SIGKILL at %s: the session is live or still archived, and comes back", async (step) => {
    const { world, anna } = await annaAtHome();
    await ask(anna, "SAY marmalade", /^marmalade$/);
    await expectSound(world);
    await ask(anna, "/archive", /is archived/);
    await expectSound(world);
    await world.bot.kill();
    const bot = await world.start({ env: { PARLEY_KILL_AT: step } });
    anna.send("/restore home");
    expect((await bot.exit).signal).toBe("SIGKILL");

    await world.start();
    await anna.sees(/is back/);
    await ask(anna, "RECALL", /SAY marmalade/);
    await expectSound(world);
  });
});
