/** What a waiting process knows of the files that the CLI reads at its start; which those are was seen with the real one. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { projectFolderName } from "../../bot/claude/transcript.ts";
import { type StartPlace, stateOfStartFiles } from "../../bot/claude/start-files.ts";

let root: string;
let place: StartPlace & { readonly configDir: string };

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "parley-start-"));
  place = { configDir: join(root, "config"), cwd: join(root, "repository", "part"), trustProject: true };
  await mkdir(place.cwd, { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function put(path: string, content: string): Promise<void> {
  const whole = join(root, path);
  await mkdir(dirname(whole), { recursive: true });
  await writeFile(whole, content);
}

/** Whether writing other words into a file that is there is noticed. */
async function isNoticed(path: string, at: StartPlace = place): Promise<boolean> {
  await put(path, "as it was");
  const then = await stateOfStartFiles(at);
  expect(await stateOfStartFiles(at)).toBe(then);
  await put(path, "as it is now");
  return (await stateOfStartFiles(at)) !== then;
}

const OF_THE_PERSON = [
  "config/CLAUDE.md",
  "config/settings.json",
  "config/rules/style.md",
  "config/rules/code/style.md",
  "config/agents/reviewer.md",
  "config/commands/team/greet.md",
  "config/skills/maps/SKILL.md",
  "config/output-styles/short.md",
  "config/workflows/sweep.js",
];
const OF_THE_FOLDER = [
  "part/CLAUDE.md",
  "part/CLAUDE.local.md",
  "part/AGENTS.md",
  "AGENTS.md",
  "part/.mcp.json",
  "part/.claude/CLAUDE.md",
  "part/.claude/AGENTS.md",
  "part/.claude/settings.json",
  "part/.claude/settings.local.json",
  "part/.claude/agents/reviewer.md",
  "part/.claude/commands/team/greet.md",
  "part/.claude/skills/maps/SKILL.md",
  "part/.claude/rules/code/style.md",
  "part/.claude/output-styles/short.md",
  "part/.claude/workflows/sweep.js",
  ".claude/CLAUDE.md",
  ".claude/rules/style.md",
  ".claude/skills/maps/SKILL.md",
  ".claude/agents/reviewer.md",
].map((path) => join("repository", path));

describe("the state of what is read at the start", () => {
  test.each(OF_THE_PERSON)("changes with the person's %s", async (path) => {
    expect(await isNoticed(path)).toBe(true);
    expect(await isNoticed(path, { ...place, trustProject: false })).toBe(true);
  });

  test.each(OF_THE_FOLDER)("changes with %s, where the folder is trusted", async (path) => {
    expect(await isNoticed(path)).toBe(true);
    expect(await isNoticed(path, { ...place, trustProject: false })).toBe(false);
  });

  test("changes with what is remembered of the folder, or of the repository that it is in", async () => {
    for (const folder of [place.cwd, dirname(place.cwd)])
      expect(await isNoticed(join("config/projects", projectFolderName(folder), "memory/MEMORY.md"))).toBe(
        true,
      );
  });

  test("changes with the notes where they are kept, and with no others then", async () => {
    const kept = { ...place, memoryDir: join(root, "session", "memory") };
    expect(await isNoticed("session/memory/MEMORY.md", kept)).toBe(true);
    const others = join("config/projects", projectFolderName(place.cwd), "memory/MEMORY.md");
    expect(await isNoticed(others, kept)).toBe(false);
  });

  test("changes with what an instruction imports, and with what that imports", async () => {
    await put(
      "repository/AGENTS.md",
      "Mind @docs/style.md, and @missing.md. Mail a@b.example.\n@../elsewhere.md",
    );
    await put("repository/docs/style.md", "See @names.md and @style.md");
    expect(await isNoticed("repository/docs/names.md")).toBe(true);
    expect(await isNoticed("repository/missing.md")).toBe(true);
    expect(await isNoticed("elsewhere.md")).toBe(true);
    await put("config/rules/one.md", "@two.md");
    expect(await isNoticed("config/rules/two.md", { ...place, trustProject: false })).toBe(true);
  });

  test("changes with a file that is new, and with one that is gone", async () => {
    await put("repository/part/.claude/rules/style.md", "short");
    const then = await stateOfStartFiles(place);
    await put("repository/part/.claude/rules/other.md", "long");
    const more = await stateOfStartFiles(place);
    await rm(join(place.cwd, ".claude/rules/style.md"));
    expect(new Set([then, more, await stateOfStartFiles(place)]).size).toBe(3);
  });

  test("does not change with what a skill reads when it is used, nor with what it is worked on", async () => {
    await put("repository/part/.claude/skills/maps/SKILL.md", "maps");
    await put("repository/.claude/rules/style.md", "short");
    expect(await isNoticed("repository/part/.claude/skills/maps/data/world.md")).toBe(false);
    expect(await isNoticed("repository/part/notes.md")).toBe(false);
    const then = await stateOfStartFiles(place);
    await put("repository/.claude/history.jsonl", "what the CLI writes where it has its own folder above");
    expect(await stateOfStartFiles(place)).toBe(then);
  });

  test("is found where folders lead in a circle, and where there is nothing", async () => {
    await put("config/rules/style.md", "short");
    await symlink(join(root, "config/rules"), join(root, "config/rules/again"));
    const then = await stateOfStartFiles(place);
    expect(await stateOfStartFiles(place)).toBe(then);
    expect(await stateOfStartFiles({ configDir: undefined, cwd: "/", trustProject: false })).toBe("");
  });
});
