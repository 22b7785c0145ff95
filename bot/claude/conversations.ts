/**
 * The conversations that the CLI keeps of certain folders, as its own picker
 * would show them: what each is called, what was said last. Reads the beginning
 * and the end of files only. It does not know which are whose.
 */
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseSpoken, type Spoken } from "./spoken.ts";
import { projectFolderName } from "./transcript.ts";
import { readFrom, readHead } from "./transcript-parts.ts";

/** One conversation. `title` is its name, or its first words; `cwd` is a real path. */
export interface Conversation {
  readonly claudeSessionId: string;
  readonly cwd: string;
  readonly title: string;
  /** Claude's last words, or the person's, where nobody answered. */
  readonly lastWords: string;
  readonly changedAt: Date;
  readonly bytes: number;
  /** A person typed in it, at a terminal. */
  readonly isTyped: boolean;
  /** The last questions and answers, the oldest first. */
  readonly exchanges: readonly Exchange[];
}

/** A question and what was answered; empty where nothing was. */
export interface Exchange {
  readonly asked: string;
  readonly answered: string;
}

/** A file that may be one. */
interface Candidate {
  readonly path: string;
  readonly claudeSessionId: string;
  readonly folder: string;
  readonly bytes: number;
  readonly changedAt: Date;
}

const NAME = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.jsonl$/;
const HEAD_BYTES = 128 * 1024;
/** One exchange may stand before this much of the CLI's own notes. */
const TAIL_BYTES = 384 * 1024;
const EXCHANGES = 2;
const AT_ONCE = 8;
/** More files than this are not read for one list. */
const MOST_READ = 400;

/**
 * The conversations of folders in `roots` (real paths), the last changed first, that `isWanted`, at
 * most `most` of them.
 */
export async function listConversations(
  configDir: string,
  roots: readonly string[],
  { isWanted, most }: { isWanted: (found: Conversation) => boolean | Promise<boolean>; most: number },
): Promise<Conversation[]> {
  const candidates = (await candidatesIn(configDir, roots))
    .sort((a, b) => b.changedAt.getTime() - a.changedAt.getTime())
    .slice(0, MOST_READ);
  const found: Conversation[] = [];
  for (let at = 0; at < candidates.length && found.length < most; at += AT_ONCE) {
    const read = await Promise.all(candidates.slice(at, at + AT_ONCE).map(readConversation));
    for (const one of read) if (one && (await isWanted(one))) found.push(one);
  }
  return found.slice(0, most);
}

/** The one of that id, wherever it is; undefined where there is none. */
export async function findConversation(
  configDir: string,
  claudeSessionId: string,
): Promise<Conversation | undefined> {
  const projects = join(configDir, "projects");
  for (const folder of await readdir(projects).catch(() => [])) {
    const candidate = await candidateOf(projects, folder, `${claudeSessionId}.jsonl`);
    const read = candidate && (await readConversation(candidate));
    if (read) return read;
  }
  return undefined;
}

async function candidatesIn(configDir: string, roots: readonly string[]): Promise<Candidate[]> {
  const projects = join(configDir, "projects");
  // The CLI spells a folder's path with dashes, and cuts long ones: a first sieve; the path itself is looked at later.
  const starts = roots.map((root) => projectFolderName(root).slice(0, 200));
  const folders = await readdir(projects).catch(() => []);
  const found: Candidate[] = [];
  for (const folder of folders.filter((name) => starts.some((start) => name.startsWith(start)))) {
    const names = await readdir(join(projects, folder)).catch(() => []);
    const read = await Promise.all(names.map((name) => candidateOf(projects, folder, name)));
    found.push(...read.flatMap((each) => each ?? []));
  }
  return found;
}

async function candidateOf(projects: string, folder: string, name: string): Promise<Candidate | undefined> {
  const claudeSessionId = NAME.exec(name)?.[1];
  if (claudeSessionId === undefined) return undefined;
  const path = join(projects, folder, name);
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFile() !== true || stats.size === 0) return undefined;
  return { path, claudeSessionId, folder, bytes: stats.size, changedAt: stats.mtime };
}

async function readConversation(candidate: Candidate): Promise<Conversation | undefined> {
  const { path, claudeSessionId, folder, bytes, changedAt } = candidate;
  const head = spokenIn(await readHead(path, HEAD_BYTES));
  const tail = bytes <= HEAD_BYTES ? head : spokenIn(await readFrom(path, 0, TAIL_BYTES));
  const first = head.find((each) => each.kind === "prompt");
  const cwd = first?.cwd === undefined ? undefined : await realpath(first.cwd).catch(() => undefined);
  // From any other folder the CLI would not find it.
  if (first === undefined || cwd === undefined || projectFolderName(cwd) !== folder) return undefined;
  const prompts = [...head, ...tail].filter((each) => each.kind === "prompt");
  const exchanges = exchangesIn(tail);
  const last = exchanges.at(-1);
  return {
    claudeSessionId,
    cwd,
    title: titleOf([...head, ...tail]) ?? (prompts.find(({ isCommand }) => !isCommand) ?? first).text,
    lastWords: last?.answered || last?.asked || first.text,
    changedAt,
    bytes,
    isTyped: prompts.some(({ isTyped }) => isTyped),
    exchanges,
  };
}

function spokenIn(lines: readonly string[]): Spoken[] {
  return lines.flatMap((line) => parseSpoken(line) ?? []);
}

/** The name that the person gave, else the newest that was made up. */
function titleOf(spoken: readonly Spoken[]): string | undefined {
  const titles = spoken.filter((each) => each.kind === "title");
  return (titles.findLast(({ isOwn }) => isOwn) ?? titles.at(-1))?.text;
}

function exchangesIn(spoken: readonly Spoken[]): Exchange[] {
  const exchanges: { asked: string; answered: string }[] = [];
  for (const each of spoken) {
    if (each.kind === "prompt" && !each.isCommand) exchanges.push({ asked: each.text, answered: "" });
    const last = exchanges.at(-1);
    // What was said last is what counts; the words on the way to it are many.
    if (each.kind === "answer" && last) last.answered = each.text;
  }
  return exchanges.slice(-EXCHANGES);
}
