/**
 * Copies of sessions that go their own way, with the real CLI: what the model is
 * asked in the copy and in the first, afterwards, is what counts.
 */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectSound } from "../harness/invariants.ts";
import { endProcessesOf } from "../harness/processes.ts";
import { annaAtHome, ask, hear } from "./stories.ts";

/** The folder of the session whose name begins so. */
async function folderOf(sessions: string, start: RegExp): Promise<string> {
  const name = (await readdir(sessions)).find((each) => start.test(each)) ?? "";
  return join(sessions, name);
}

describe("a fork", () => {
  it("remembers what was said, has its own files, and neither hears of the other any more; archived unspoken, and sent as a file, it still knows where it came from", async () => {
    const { world, anna } = await annaAtHome();
    await hear(world, anna, "SAY red", /^red$/);
    const home = await folderOf(world.folders.sessions, /^home-/);
    await writeFile(join(home, "workspace", "notes.txt"), "one");

    await ask(
      anna,
      `/fork "Garden"`,
      /You are in Garden .*a copy of Home .*its own copy of the folder \(1 file/s,
    );
    // Before the copy has spoken, the first goes on, and the copy goes through the archive.
    await ask(anna, "/session Home", /You are in Home/);
    await hear(world, anna, "SAY only at home", /^only at home$/);
    await ask(anna, "/session Garden", /You are in Garden/);
    await ask(anna, "/archive", /Garden .*is archived/s);
    await ask(anna, "/restore Garden", /Garden .*is back/s);
    // And as a file, to where nothing is known of it.
    const packed = await ask(anna, "/archive", /Garden .*is archived/s);
    anna.press(packed, "Send it here");
    const sent = await anna.chat.waitFor(({ document }) => document !== undefined, { since: anna.mark });
    for (const name of await readdir(world.folders.archive)) await rm(join(world.folders.archive, name));
    anna.send({ document: { name: "garden.tar.gz", bytes: sent.document?.bytes ?? Buffer.alloc(0) } });
    anna.press(await anna.sees(/the archive of Garden .*Restore it here\?/s), "Restore it");
    await anna.sees(/Garden [0-9a-f]{8} is back/);

    const inFork = await hear(world, anna, "RECALL", /red/);
    expect(inFork.text).not.toMatch(/only at home/);
    await hear(world, anna, "SAY only in the garden", /^only in the garden$/);
    const garden = await folderOf(world.folders.sessions, /^garden-/);
    expect(await readFile(join(garden, "workspace", "notes.txt"), "utf8")).toBe("one");

    await ask(anna, "/session Home", /You are in Home/);
    const atHome = await hear(world, anna, "RECALL", /only at home/);
    expect(atHome.text).not.toMatch(/garden|chat bridge/);
    expect(await readdir(garden)).not.toContain("fork.jsonl");
    expect(JSON.parse(await readFile(join(garden, "session.json"), "utf8"))).not.toHaveProperty("forkOf");
    await expectSound(world, { repeatable: [/is archived/, /is back/] });
  });

  it("from an earlier answer knows nothing of what came after it, even where the conversation was compacted since and its first turn died with the machine", async () => {
    const { world, anna } = await annaAtHome();
    const red = await hear(world, anna, "SAY red", /^red$/);
    await hear(world, anna, "SAY blue", /^blue$/);
    await hear(world, anna, "/compact", /Compacted the conversation/);
    await hear(world, anna, "SAY green", /^green$/);

    anna.send("/fork Red", { replyTo: red });
    await anna.sees(/You are in Red .*from that answer on/s);
    await world.restart({ env: { PARLEY_KILL_AT: "running" }, mayEnd: true });
    anna.send("SAY hello");
    await world.bot.exit;
    await endProcessesOf(world.folders.home);
    await world.start();
    await anna.sees(/^hello$|cut off/);
    const recalled = await hear(world, anna, "RECALL", /SAY red/);
    expect(recalled.text).not.toMatch(/blue|green/);

    await ask(anna, "/session Home", /You are in Home/);
    expect((await hear(world, anna, "RECALL", /SAY green/)).text).not.toMatch(/SAY red$/m);
    const help = await ask(anna, "/help", /\/fork/);
    anna.send("/fork", { replyTo: help });
    await anna.sees(/no answer that I know/);
    await expectSound(world);
  });
});
