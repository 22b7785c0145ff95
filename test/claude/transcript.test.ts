import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  claudeConfigDir,
  findTranscript,
  listTranscriptFiles,
  projectFolderName,
  readAnswer,
  repairTail,
  transcriptPath,
  type TranscriptPlace,
} from "../../bot/claude/transcript.ts";

const ID = "11111111-1111-4111-8111-111111111111";
let folder: string;
let place: TranscriptPlace;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "parley-transcript-"));
  place = { configDir: join(folder, "config"), cwd: folder, claudeSessionId: ID };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(name: string, lines: readonly (object | string)[]): Promise<string> {
  const path = join(place.configDir, "projects", name, `${ID}.jsonl`);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(
    path,
    lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""),
  );
  return path;
}

const user = (uuid: string) => ({ type: "user", uuid, message: { role: "user", content: "?" } });
const said = (id: string, text: string, more: object = {}) => ({
  type: "assistant",
  message: { id, content: [{ type: "text", text }] },
  ...more,
});

describe("the folder of the transcripts", () => {
  test.each([
    [{ CLAUDE_CONFIG_DIR: "/c", HOME: "/h" }, "/c"],
    [{ HOME: "/h" }, "/h/.claude"],
    [{}, undefined],
  ])("with %o is %s", (env, expected) => {
    expect(claudeConfigDir(env)).toBe(expected);
  });

  test("is named by the working directory", () => {
    expect(projectFolderName("/home/me/my.project_1")).toBe("-home-me-my-project-1");
  });

  test("of a long path is cut, and stays another for another path", () => {
    const [one, two] = ["a", "b"].map((end) => projectFolderName(`/${"x".repeat(250)}${end}`));
    expect(one).toMatch(/^-x{199}-[a-z0-9]+$/);
    expect(one).not.toBe(two);
  });
});

describe("a transcript", () => {
  test("is found where it should be", async () => {
    const path = await put(projectFolderName(folder), [user("u1")]);
    expect(await transcriptPath(place)).toBe(path);
    expect(await findTranscript(place)).toBe(path);
  });

  test("is found where another version would have put it", async () => {
    const path = await put("named-otherwise", [user("u1")]);
    expect(await findTranscript(place)).toBe(path);
  });

  test("of a folder behind a link is the same, before the folder is there and after", async () => {
    const real = await realpath(folder);
    const link = join(folder, "link");
    await mkdir(join(folder, "sessions"));
    await symlink(join(folder, "sessions"), link);
    const linked = { ...place, cwd: join(link, "demo", "workspace") };
    const expected = join(
      place.configDir,
      "projects",
      projectFolderName(join(real, "sessions", "demo", "workspace")),
      `${ID}.jsonl`,
    );
    expect(await transcriptPath(linked)).toBe(expected);
    await mkdir(linked.cwd, { recursive: true });
    expect(await transcriptPath(linked)).toBe(expected);
  });

  test("that is not there is not found", async () => {
    expect(await findTranscript(place)).toBeUndefined();
    expect(await listTranscriptFiles(place)).toEqual([]);
    expect(await readAnswer(place, "u1")).toBeUndefined();
  });

  test("has its folder's files listed with it", async () => {
    const path = await put(projectFolderName(folder), [user("u1")]);
    const inside = join(path.replace(".jsonl", ""), "subagents");
    await mkdir(inside, { recursive: true });
    await writeFile(join(inside, "a.jsonl"), "");
    expect(await listTranscriptFiles(place)).toEqual([path, join(inside, "a.jsonl")]);
  });
});

describe("the answer in a transcript", () => {
  test.each([
    ["is the last message with words", [user("u1"), said("m1", "first"), said("m2", "last")], "last"],
    ["is all blocks of that message", [user("u1"), said("m1", "one"), said("m1", "two")], "one\n\ntwo"],
    ["is not an earlier turn's", [user("u0"), said("m0", "old"), user("u1")], undefined],
    [
      "is not a subagent's",
      [user("u1"), said("m1", "mine"), said("m2", "inner", { isSidechain: true })],
      "mine",
    ],
    [
      "is found past torn and foreign lines",
      [user("u1"), '{"type":"assis', { type: "cost-state" }, said("m1", "yes")],
      "yes",
    ],
    ["is none where the message is not there", [said("m1", "yes")], undefined],
  ])("%s", async (_, lines, expected) => {
    await put(projectFolderName(folder), lines);
    expect(await readAnswer(place, "u1")).toBe(expected);
  });
});

describe("a last line", () => {
  test.each([
    ["that is torn gets its newline", '{"a":1}\n{"b', true, '{"a":1}\n{"b\n'],
    ["that is whole stays as it is", '{"a":1}\n', false, '{"a":1}\n'],
    ["of an empty file stays as it is", "", false, ""],
  ])("%s", async (_, before, isRepaired, after) => {
    const path = join(folder, "t.jsonl");
    await writeFile(path, before);
    expect(await repairTail(path)).toBe(isRepaired);
    expect(await readFile(path, "utf8")).toBe(after);
  });

  test("of a file that is not there is no error", async () => {
    expect(await repairTail(join(folder, "none.jsonl"))).toBe(false);
  });
});
