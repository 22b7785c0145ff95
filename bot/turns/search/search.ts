/**
 * Finds words in what was said in the sessions of a chat, live and archived. It
 * promises to end in time with what it has found by then, to hold one session's
 * words at once for each reader, and to look into no other chat's. It does not
 * know how results are shown.
 */
import { z } from "zod";
import type { Archives } from "../../store/archive/archive.ts";
import type { ArchiveInfo } from "../../store/archive/types.ts";
import { listTurns, readTurn } from "../../store/pages/read-turns.ts";
import type { Paths } from "../../store/paths.ts";
import type { SessionManager } from "../../store/session-manager.ts";
import type { Session } from "../../store/session.ts";
import { foldText, type Snippet, snippetOf } from "./fold.ts";

/** A session in which all the words occur together; `count` turns have them, if more than its name does. */
export interface Hit {
  readonly session: Pick<Session, "id" | "name" | "folder">;
  readonly isArchived: boolean;
  /** When what is shown was said, ISO-8601 UTC. */
  readonly at?: string;
  readonly snippet?: Snippet;
  readonly count: number;
}

export interface SearchResult {
  readonly hits: readonly Hit[];
  /** False where there was no time for the rest. */
  readonly isWhole: boolean;
}

export interface SearchDeps {
  readonly sessions: Pick<SessionManager, "list">;
  readonly archives: Pick<Archives, "list" | "words">;
  readonly paths: Paths;
  readonly nowMs: () => number;
}

/** A search that takes longer is ended. */
export const SEARCH_MS = 5_000;
/** More sessions than this nobody looks through. */
const MOST_HITS = 50;
const READERS = 6;

/** What was said in one turn. */
interface Said {
  readonly text: string;
  readonly at?: string;
}

/** Searches the sessions of `chatId`, the last used first, then the archived, the last first. */
export async function search(
  deps: SearchDeps,
  { chatId, text }: { chatId: number; text: string },
): Promise<SearchResult> {
  const end = deps.nowMs() + SEARCH_MS;
  const needles = foldText(text)
    .split(/\s+/)
    .filter((word) => word !== "");
  const live = deps.sessions.list(chatId).map((session) => ({
    session,
    isArchived: false,
    said: () => saidIn(deps.paths, session.folder),
  }));
  const entries = await deps.archives.list();
  const archived = entries.flatMap((entry) =>
    entry.kind === "archive" && !entry.isLive && entry.archive.session.chatId === chatId
      ? [archiveOf(deps, entry.archive)]
      : [],
  );
  const all = [...live, ...archived];
  const found: (Hit | undefined)[] = [];
  let next = 0;
  let hits = 0;

  async function read(): Promise<void> {
    while (next < all.length && hits < MOST_HITS && deps.nowMs() < end) {
      const at = next;
      next += 1;
      const one = all[at];
      const hit = one && (await hitIn(one, needles, () => deps.nowMs() < end));
      found[at] = hit;
      if (hit) hits += 1;
    }
  }
  await Promise.all(Array.from({ length: READERS }, read));
  return {
    hits: found.filter((hit) => hit !== undefined).slice(0, MOST_HITS),
    isWhole: next >= all.length && deps.nowMs() < end,
  };
}

interface Searched {
  readonly session: Hit["session"];
  readonly isArchived: boolean;
  readonly said: () => AsyncIterable<Said>;
}

async function hitIn(
  { session, isArchived, said }: Searched,
  needles: readonly string[],
  hasTime: () => boolean,
): Promise<Hit | undefined> {
  const { id, name, folder } = session;
  const known = { session: { id, name, folder }, isArchived };
  const title = foldText(name);
  const missing = needles.filter((needle) => !title.includes(needle));
  let first: Said | undefined;
  let count = 0;
  // What the name has need not be said again; what only the name has is a hit without words.
  for await (const turn of said()) {
    const folded = foldText(turn.text);
    const isIn = (needle: string): boolean => folded.includes(needle);
    if (missing.every(isIn) && needles.some(isIn)) {
      first ??= turn;
      count += 1;
    }
    if (!hasTime()) break;
  }
  if (first === undefined) return missing.length === 0 ? { ...known, count: 0 } : undefined;
  const folded = foldText(first.text);
  const shown = (missing.length > 0 ? missing : needles).find((needle) => folded.includes(needle)) ?? "";
  const snippet = snippetOf(first.text, shown);
  return { ...known, count, ...(snippet ? { snippet } : {}), ...(first.at ? { at: first.at } : {}) };
}

const promptWords = z.object({ text: z.string(), heard: z.string().exactOptional(), createdAt: z.string() });
const answerWords = z.object({
  text: z.string(),
  steered: z.array(z.object({ text: z.string() })).optional(),
});

/** The turns of a live session, the last first. */
async function* saidIn(paths: Paths, folder: string): AsyncGenerator<Said> {
  const { turns } = paths.session(folder);
  // What cannot be read, or is gone meanwhile: there is nothing to find in it.
  for (const id of (await listTurns(turns).catch(() => [])).toReversed()) {
    const read = await readTurn(turns, id).catch(() => undefined);
    const prompt = words(read?.prompt, promptWords);
    const answer = words(read?.receipt, answerWords);
    const meanwhile = answer?.steered?.map(({ text }) => text) ?? read?.steered ?? [];
    const text = [prompt?.text, prompt?.heard, ...meanwhile, answer?.text].filter(Boolean).join("\n");
    if (text !== "") yield { text, ...(prompt ? { at: prompt.createdAt } : {}) };
  }
}

function words<T>(text: string | undefined, schema: z.ZodType<T>): T | undefined {
  try {
    return text === undefined ? undefined : schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function archiveOf({ archives }: SearchDeps, archive: ArchiveInfo): Searched {
  async function* said(): AsyncGenerator<Said> {
    const page = (await archives.words(archive)) ?? "";
    // A turn begins with a heading of ours, and its words are quoted; the last first.
    const turns = page.split(/^(?=## \d+ · .*\n\n\*\*You\*\*$)/m).slice(1);
    for (const turn of turns.toReversed()) {
      const [heading = "", ...lines] = turn.split("\n");
      const at = / · (\d{4}-\S+Z)$/.exec(heading)?.[1];
      const text = lines.filter((line) => !/^\*\*(You|Claude)\*\*/.test(line)).join("\n");
      yield { text: text.replaceAll(/^> ?/gm, ""), ...(at ? { at } : {}) };
    }
  }
  const { folder, session } = archive;
  return { session: { id: session.id, name: session.name, folder }, isArchived: true, said };
}
