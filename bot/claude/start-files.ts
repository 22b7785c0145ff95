/**
 * The files that the CLI reads at its start and never again, beside the
 * conversation (`conversation-end.ts`): what it is told by the folder and by the
 * person, the settings. A process that waits knows them as they were then.
 * Promises a word that changes whenever one of them does, in a bounded number of
 * looks. It only looks how big and how old they are, and what they import.
 */
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createLook, type Look } from "./look.ts";
import { projectFolderName } from "./transcript.ts";

/** Whose start it is. */
export interface StartPlace {
  /** The CLI's own folder; undefined where the environment names none. */
  readonly configDir: string | undefined;
  readonly cwd: string;
  /** Whether the working directory's own files count. */
  readonly trustProject: boolean;
  /** Where Claude's notes are, if not where the CLI has them by itself. */
  readonly memoryDir?: string;
}

/** What a folder tells Claude, and each folder above it; what these import counts, too. */
const INSTRUCTIONS = ["CLAUDE.md", "CLAUDE.local.md", "AGENTS.md"];
const SERVERS = ".mcp.json";
/** And where it has a `.claude`: what is in there. */
const INSTRUCTIONS_INSIDE = ["CLAUDE.md", "AGENTS.md"];
const SETTINGS_INSIDE = ["settings.json", "settings.local.json"];
/** Folders of which each file counts, in a `.claude` as in the CLI's own. */
const COLLECTIONS = ["agents", "commands", "output-styles", "workflows"];
const RULES = "rules";
const SKILLS = "skills";
const SKILL = "SKILL.md";
/** `.claude.json` and `plugins` are not among them: the CLI itself writes there. Which plugins count stands in the settings. */
const IN_CONFIG = ["settings.json", ".credentials.json"];

/** A word for the state of all of them. Costs a few dozen looks, all at once, and more where there are more files. */
export async function stateOfStartFiles(place: StartPlace): Promise<string> {
  const { configDir, cwd, trustProject } = place;
  const look = createLook();
  const looks = memoriesOf(place).map((folder) => look.file(join(folder, "MEMORY.md")));
  if (configDir !== undefined) looks.push(lookAtConfig(look, configDir));
  if (trustProject) looks.push(...upwards(cwd).map((folder) => lookAtProject(look, folder)));
  await Promise.all(looks);
  return look.word();
}

/** Where what Claude noted may be: by itself, the CLI has it with the repository that the folder is in. */
function memoriesOf({ configDir, cwd, memoryDir }: StartPlace): string[] {
  if (memoryDir !== undefined) return [memoryDir];
  if (configDir === undefined) return [];
  return upwards(cwd).map((folder) => join(configDir, "projects", projectFolderName(folder), "memory"));
}

async function lookAtConfig(look: Look, configDir: string): Promise<void> {
  await Promise.all([
    look.text(join(configDir, "CLAUDE.md")),
    ...IN_CONFIG.map((name) => look.file(join(configDir, name))),
    lookAtCollections(look, configDir),
  ]);
}

async function lookAtProject(look: Look, folder: string): Promise<void> {
  const inside = join(folder, ".claude");
  await Promise.all([
    ...INSTRUCTIONS.map((name) => look.text(join(folder, name))),
    look.file(join(folder, SERVERS)),
    // Most folders above have none. Its own age says nothing: one of them may be the CLI's own, which it writes to.
    stat(inside).then(
      () => lookInside(look, inside),
      () => {},
    ),
  ]);
}

async function lookInside(look: Look, folder: string): Promise<void> {
  await Promise.all([
    ...INSTRUCTIONS_INSIDE.map((name) => look.text(join(folder, name))),
    ...SETTINGS_INSIDE.map((name) => look.file(join(folder, name))),
    lookAtCollections(look, folder),
  ]);
}

async function lookAtCollections(look: Look, folder: string): Promise<void> {
  const skills = join(folder, SKILLS);
  const names = await readdir(skills).catch(() => []);
  await Promise.all([
    look.tree(join(folder, RULES), "text"),
    ...COLLECTIONS.map((name) => look.tree(join(folder, name), "file")),
    // The rest of a skill is read when it is used.
    ...names.map((name) => look.file(join(skills, name, SKILL))),
  ]);
}

function upwards(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...upwards(parent)];
}
