/**
 * The files that the CLI reads at its start and never again: the conversation,
 * what it is told by the folder and by the person, the settings. A process that
 * waits knows them as they were then. Promises a word that changes whenever one
 * of them does. It only looks how big and how old they are; the conversation's age
 * says nothing, since each start makes it new, so its end is read.
 */
import { open, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { projectFolderName } from "./transcript.ts";

/** Whose start it is. */
export interface StartPlace {
  /** The CLI's own folder; undefined where the environment names none. */
  readonly configDir: string | undefined;
  readonly cwd: string;
  /** The conversation, or where it will be. */
  readonly transcript: string | undefined;
  /** Whether the working directory's own files count. */
  readonly trustProject: boolean;
}

/** Two words for the state of all these files: of the conversation, and of the others. */
export interface StartState {
  readonly transcript: string;
  readonly others: string;
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

const END_BYTES = 1_024;

/** Looks at them. Costs a few dozen `stat`s, all at once. */
export async function readStartState(place: StartPlace): Promise<StartState> {
  const { configDir, cwd, transcript, trustProject } = place;
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
  const [spoken, others] = await Promise.all([
    lookAtEnd(transcript),
    Promise.all([...config, ...project].map(look)),
  ]);
  return { transcript: spoken, others: others.join(" ") };
}

/** A conversation only grows: what is as long, and ends the same, is the same. */
async function lookAtEnd(path: string | undefined): Promise<string> {
  const file = path === undefined ? undefined : await open(path, "r").catch(() => undefined);
  if (file === undefined) return "-";
  try {
    const { ino, size } = await file.stat();
    const from = Math.max(0, size - END_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(END_BYTES), 0, size - from, from);
    return `${ino}:${size}:${buffer.toString("base64", 0, bytesRead)}`;
  } finally {
    await file.close();
  }
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
