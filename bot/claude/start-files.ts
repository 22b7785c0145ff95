/**
 * The files that the CLI reads at its start and never again, beside the
 * conversation (`conversation-end.ts`): what it is told by the folder and by the
 * person, the settings. A process that waits knows them as they were then.
 * Promises a word that changes whenever one of them does. It only looks how big
 * and how old they are.
 */
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { projectFolderName } from "./transcript.ts";

/** Whose start it is. */
export interface StartPlace {
  /** The CLI's own folder; undefined where the environment names none. */
  readonly configDir: string | undefined;
  readonly cwd: string;
  /** Whether the working directory's own files count. */
  readonly trustProject: boolean;
}

const IN_FOLDER = ["CLAUDE.md", "CLAUDE.local.md"];
const IN_PROJECT = [
  ".mcp.json",
  ".claude/CLAUDE.md",
  ".claude/settings.json",
  ".claude/settings.local.json",
  ".claude/agents",
  ".claude/commands",
  ".claude/skills",
  ".claude/rules",
];
/** `.claude.json` and `plugins` are not among them: the CLI itself writes there. Which plugins count stands in the settings. */
const IN_CONFIG = [
  "CLAUDE.md",
  "settings.json",
  ".credentials.json",
  "agents",
  "commands",
  "skills",
  "rules",
];

/** A word for the state of all of them. Costs a few dozen `stat`s, all at once. */
export async function stateOfStartFiles({ configDir, cwd, trustProject }: StartPlace): Promise<string> {
  const config =
    configDir === undefined
      ? []
      : [...IN_CONFIG, join("projects", projectFolderName(cwd), "memory", "MEMORY.md")].map((name) =>
          join(configDir, name),
        );
  const project = trustProject
    ? [
        ...upwards(cwd).flatMap((folder) => IN_FOLDER.map((name) => join(folder, name))),
        ...IN_PROJECT.map((name) => join(cwd, name)),
      ]
    : [];
  return (await Promise.all([...config, ...project].map(look))).join(" ");
}

async function look(path: string): Promise<string> {
  return stat(path).then(
    ({ size, mtimeMs, ino }) => `${ino}:${size}:${mtimeMs}`,
    () => "-",
  );
}

function upwards(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...upwards(parent)];
}
