/**
 * What Claude sends out: files and photos in the midst of an answer, and none
 * that is not the session's.
 */
import { execFileSync } from "node:child_process";
import { mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ChatRoom } from "../fakes/bot-api/chat.ts";
import type { World } from "../harness/world.ts";
import { expectSound } from "../harness/invariants.ts";
import { annaAtHome, ask } from "./stories.ts";

const SEND = "mcp__parley__send_file";
const ASK = "mcp__parley__ask_buttons";
const SHOW = "mcp__parley__send_photo";

/** The folder of a session, by the beginning of its name. */
async function folderOf(world: World, name: string): Promise<string> {
  const folder = (await readdir(world.folders.sessions)).find((each) => each.startsWith(`${name}-`));
  return join(world.folders.sessions, folder ?? "absent");
}

/** What stands in a chat from the bot, a line each: texts as they are, files by their names. */
function standing(room: ChatRoom, since: number): string[] {
  const answers = room.answers.filter(({ changedAt }) => changedAt > since);
  return answers.map(({ document, photo, text }) => {
    if (photo) return `photo: ${text}`;
    return document ? `file ${document.name}: ${text}` : text;
  });
}

const png = (width: number, height: number): Buffer => {
  const sides = Buffer.alloc(8);
  sides.writeUInt32BE(width, 0);
  sides.writeUInt32BE(height, 4);
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1"), sides, Buffer.alloc(40)]);
};

/** Has the model call these tools, all at once, when it is told "CALLS", and then say what came of each. */
function callAtOnce(world: World, calls: readonly { tool: string; input: Record<string, unknown> }[]): void {
  world.model.script(({ prompt, toolResults }) =>
    prompt.includes("CALLS") && toolResults.length === 0 ? { blocks: calls } : undefined,
  );
}

/** What the model was told last of each path that it sent: by the ids of the calls, since newer versions give the results as they come. */
function toldOfPaths(world: World): Map<unknown, string> {
  const blocks = (world.model.requests.at(-1)?.messages ?? []).flatMap(({ content }) =>
    typeof content === "string" ? [] : content,
  );
  const paths = new Map(
    blocks.flatMap(({ type, id, input }) =>
      type === "tool_use" ? [[id, (input as { path?: unknown }).path] as const] : [],
    ),
  );
  return new Map(
    blocks.flatMap(({ type, tool_use_id: id, content }) =>
      type === "tool_result" && paths.has(id)
        ? [[paths.get(id), typeof content === "string" ? content : JSON.stringify(content)] as const]
        : [],
    ),
  );
}

describe("a file that Claude sends", () => {
  it("stands between what was said before it and what is said after, with its name and caption, and needs no permission", async () => {
    // Where Claude may least of all: it only plans.
    const { world, anna } = await annaAtHome({ env: { PERMISSION_MODE: "plan" } });
    const workspace = join(await folderOf(world, "home"), "workspace");
    await writeFile(join(workspace, "Bericht № 1.csv"), "a;b\n1;2\n");
    await writeFile(join(workspace, "plot.png"), png(800, 600));
    await writeFile(join(workspace, "banner.png"), png(9_000, 100));
    await writeFile(join(workspace, "notes.txt"), "no picture");

    const sent = anna.send(`TOOL:${SEND} {"path":"Bericht № 1.csv","caption":"the **sums**"}`);
    await anna.sees(/^After the tool: It appears/);
    expect(standing(anna.chat, sent.mark)).toEqual([
      "Let me run that.",
      "file Bericht № 1.csv: the sums",
      expect.stringMatching(/^After the tool/),
    ]);
    expect(anna.chat.actions.map(({ action }) => action)).toContain("upload_document");

    callAtOnce(
      world,
      ["plot.png", "banner.png", "notes.txt"].map((path) => ({ tool: SHOW, input: { path, caption: path } })),
    );
    const shown = anna.send("CALLS");
    const last = await anna.sees(/^After the tool: It appears/);
    expect(standing(anna.chat, shown.mark)).toEqual([
      "photo: plot.png",
      // Telegram refuses it as a photo, and takes it as a file.
      "file banner.png: banner.png",
      "file notes.txt: notes.txt",
      last.text,
    ]);
    expect(last.text).toMatch(/sent as a file: a photo must be/);
    await expectSound(world);
  });

  it("must lie in the session's own folders: all else is refused to Claude in words, and nothing is sent", async () => {
    const { world, anna } = await annaAtHome();
    await ask(anna, "/new Other", /Made a new session: Other/);
    const [home, other] = [await folderOf(world, "home"), await folderOf(world, "other")];
    const workspace = join(home, "workspace");
    await writeFile(join(other, "workspace", "theirs.txt"), "another session's");
    await writeFile(join(workspace, "empty.txt"), "");
    await mkdir(join(workspace, "folder"));
    await symlink(join(other, "workspace", "theirs.txt"), join(workspace, "link.txt"));
    await symlink(join(other, "workspace"), join(workspace, "linked"));
    execFileSync("mkfifo", [join(workspace, "pipe")]);

    const outside = /may not be sent/;
    const cases: [string, RegExp][] = [
      ["/etc/hostname", outside],
      ["../session.json", outside],
      ["../../journal.jsonl", outside],
      [join(other, "workspace", "theirs.txt"), outside],
      ["link.txt", outside],
      ["linked/theirs.txt", outside],
      ["folder", /not a regular file/],
      ["pipe", /not a regular file/],
      ["empty.txt", /is empty/],
      ["absent.txt", /no such file/],
      ["no\u0000thing", /no such file/],
    ];
    callAtOnce(
      world,
      cases.map(([path]) => ({ tool: SEND, input: { path } })),
    );
    anna.send("CALLS");
    await anna.sees(/^After the tool/);
    const told = toldOfPaths(world);
    expect(cases.map(([path]) => told.get(path))).toEqual(
      cases.map(([, words]) => expect.stringMatching(words)),
    );
    expect(told.size).toBe(cases.length);
    expect(anna.chat.answers.filter(({ document }) => document !== undefined)).toEqual([]);
    await expectSound(world);
  });

  it("stands once when the bot dies in the text behind it, and is marked when the bot died in sending it", async () => {
    const { world, anna } = await annaAtHome();
    const workspace = join(await folderOf(world, "home"), "workspace");
    for (const name of ["one.txt", "two.txt"]) await writeFile(join(workspace, name), name);
    world.model.script(({ prompt, toolResults }) =>
      prompt.startsWith("TOOL") && toolResults.length > 0
        ? { blocks: [{ text: Array.from({ length: 60 }, (_, at) => `w${at} `).join("") }], delayMs: 80 }
        : undefined,
    );
    const first = anna.send(`TOOL:${SEND} {"path":"one.txt"}`);
    await anna.chat.waitFor(({ text, versions }) => text.startsWith("w0 ") && versions.length > 1);
    await world.restart();
    await anna.chat.waitForText(/w59/, { since: first.mark });
    expect(standing(anna.chat, first.mark).filter((line) => !line.includes("Recovered"))).toEqual([
      "Let me run that.",
      "file one.txt: ",
      expect.stringMatching(/^w0 .*w59/),
    ]);

    const fault = world.api.fault({ method: "sendDocument", kind: "silentAfter" });
    const second = anna.send(`TOOL:${SEND} {"path":"two.txt"}`);
    await fault.happened();
    await world.restart();
    await anna.chat.waitForText(/w59/, { since: second.mark });
    const files = standing(anna.chat, second.mark).filter((line) => line.startsWith("file"));
    expect(files).toEqual(["file two.txt: ", "file two.txt: (may be a repeat)"]);
    await expectSound(world, { repeatable: [/Recovered/, /Let me run that/, /w59/] });
  });

  it("is not sent where the persona refuses the tool, or all of them", async () => {
    const { world, anna } = await annaAtHome();
    await writeFile(join(await folderOf(world, "home"), "workspace", "a.txt"), "a");
    const file = join(world.folders.personas, "mute.md");
    const refuse = (rule: string) =>
      writeFile(file, `---\nname: Mute\ntools: []\ndisallowed_tools: [${rule}]\n---\nQuiet.\n`);
    await refuse(SEND);
    await ask(anna, "/persona mute", /speaks as Mute/);
    for (const rule of [SEND, "mcp__parley"]) {
      await refuse(rule);
      await ask(anna, `TOOL:${SEND} {"path":"a.txt"}`, /After the tool: .*(denied|No such tool)/);
    }
    expect(anna.chat.answers.filter(({ document }) => document !== undefined)).toEqual([]);
    await expectSound(world, { repeatable: [/After the tool/] });
  });
});

describe("a question that Claude asks with buttons", () => {
  it("waits for a press, and the turn goes on with the answer; after a restart it says that nobody waits any more", async () => {
    const { world, anna } = await annaAtHome();
    const call = `TOOL:${ASK} ${JSON.stringify({ question: "Which colour?", options: ["Red", "Blue"] })}`;
    const asked = await ask(anna, call, /Which colour\?/);
    await ask(anna, "/status", /a turn is running/);
    anna.press(asked, "Blue");
    await anna.chat.waitForText(/^After the tool: The person answered: Blue/);
    expect(asked.text).toMatch(/Blue/);
    expect(asked.buttons).toEqual([]);

    const again = await ask(anna, call, /Which colour\?/);
    const [{ data } = { data: "" }] = again.buttons;
    await world.restart();
    await anna.chat.waitForText(/^After the tool: (?!The person answered)/);
    const late = anna.press(again, data, { isStale: true });
    expect((await late.answered()).text).not.toBe("");
    await expectSound(world, { repeatable: [/Let me run/, /Which colour/] });
  });
});

describe("a file that a turn made", () => {
  it("is offered under the answer and comes at a press, after a restart, too; gone, the press says so", async () => {
    const { world, anna } = await annaAtHome({ env: { PERMISSION_MODE: "acceptEdits" } });
    const workspace = join(await folderOf(world, "home"), "workspace");
    await writeFile(join(workspace, "older.csv"), "not of this turn");
    await ask(anna, "SAY nothing made", /^nothing made$/);
    const write = (name: string): string =>
      `TOOL:Write ${JSON.stringify({ file_path: join(workspace, name), content: "a;b" })}`;
    anna.send(write("report.csv"));
    const answer = await anna.seesButton("📎 report.csv");
    expect(answer.buttons.map(({ text }) => text)).toEqual(["📎 report.csv", "± Diff", "↩️ Undo"]);

    await world.restart();
    const press = anna.press(answer, "📎 report.csv");
    const file = await anna.chat.waitFor(({ document }) => document?.name === "report.csv");
    expect((await press.answered()).text).toMatch(/on its way/);
    expect([file.replyTo?.id, file.text, Buffer.from(file.document?.bytes ?? []).toString()]).toEqual([
      answer.id,
      "",
      "a;b",
    ]);

    /** What the press is told; while the file is still on its way, another try. */
    const pressed = async (): Promise<string> => {
      const { text } = await anna.press(answer, "📎 report.csv").answered();
      return /already on its way/.test(text) ? pressed() : text;
    };
    await writeFile(join(workspace, "report.csv"), "a;b;c");
    expect(await pressed()).toMatch(/on its way/);
    await anna.chat.waitForText(/has changed since that answer/);
    await rm(join(workspace, "report.csv"));
    expect(await pressed()).toMatch(/not there any more/);
    await symlink("/etc/hostname", join(workspace, "report.csv"));
    expect(await pressed()).toMatch(/not there any more/);

    callAtOnce(world, [
      { tool: "Write", input: { file_path: join(workspace, "sent.csv"), content: "x" } },
      { tool: SEND, input: { path: "sent.csv" } },
      { tool: "Bash", input: { command: "mkdir -p deep; echo x > deep/chart.svg", description: "draw" } },
    ]);
    anna.send("CALLS");
    const both = await anna.seesButton("📎 chart.svg");
    expect(both.buttons.map(({ text }) => text)).toEqual(["📎 chart.svg", "± Diff", "↩️ Undo"]);
    await expectSound(world, { repeatable: [/Let me run/] });
  });
});
