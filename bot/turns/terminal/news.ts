/**
 * What was said in a session's conversation elsewhere than in its chat: at a
 * terminal, by a program. Read from the CLI's transcript behind what is known to
 * be ours. It does not decide what follows from it.
 */
import { stat } from "node:fs/promises";
import { linesOf } from "../../claude/lines.ts";
import { parseSpoken, type Spoken } from "../../claude/spoken.ts";
import { findTranscript } from "../../claude/transcript.ts";
import { readFrom, sizeOf } from "../../claude/transcript-parts.ts";
import { mapBounded } from "../../store/lanes.ts";
import { listTurns } from "../../store/pages/read-turns.ts";
import type { Paths } from "../../store/paths.ts";
import type { Session } from "../../store/session.ts";

/** `prompts` is how often something was asked there; the last words are whole. */
export interface News {
  readonly prompts: number;
  readonly lastPrompt?: string;
  readonly lastAnswer?: string;
}

/** What a look found: how long the transcript is (undefined: there is none), and the news in it, if any. */
export interface Look {
  readonly bytes: number | undefined;
  readonly news?: News;
}

export interface NewsDeps {
  readonly paths: Paths;
  /** The CLI's own folder (`~/.claude`); undefined where the environment names none. */
  readonly configDir: string | undefined;
}

/** A terminal's newest words count; what lies further back is only counted less. */
const MOST_BYTES = 8 * 1024 * 1024;
/** A crash comes between a turn and the note of what is known: the turns that may not be in it. */
const RECENT_TURNS = 5;
const LOOKED_AT_AT_ONCE = 16;

/** Looks. Quick where nothing changed. */
export async function lookForNews(deps: NewsDeps, session: Session): Promise<Look> {
  const { claudeSessionId, cwd, known } = session;
  if (deps.configDir === undefined) return { bytes: undefined };
  const path = await findTranscript({ configDir: deps.configDir, cwd, claudeSessionId });
  const bytes = path === undefined ? undefined : await sizeOf(path);
  if (path === undefined || bytes === undefined) return { bytes: undefined };
  if (known?.claudeSessionId !== claudeSessionId || bytes <= known.bytes) return { bytes };
  const lines = await readFrom(path, known.bytes, MOST_BYTES);
  const spoken = lines.flatMap((line) => parseSpoken(line) ?? []);
  const news = newsIn(await withoutOurs(deps, session, spoken));
  return news === undefined ? { bytes } : { bytes, news };
}

function newsIn(spoken: readonly Spoken[]): News | undefined {
  const prompts = spoken.filter((each) => each.kind === "prompt");
  const answer = spoken.findLast((each) => each.kind === "answer");
  const asked = prompts.filter(({ isCommand }) => !isCommand);
  // What only the CLI itself answered, such as /context, changes nothing.
  if (asked.length === 0 && answer === undefined) return undefined;
  const last = prompts.at(-1);
  return {
    prompts: Math.max(asked.length, 1),
    ...(last === undefined ? {} : { lastPrompt: last.text }),
    ...(answer?.kind === "answer" ? { lastAnswer: answer.text } : {}),
  };
}

/** Leaves out what this chat asked, and the answers to it. */
async function withoutOurs(deps: NewsDeps, session: Session, spoken: readonly Spoken[]): Promise<Spoken[]> {
  const asked = new Set(spoken.flatMap((each) => (each.kind === "prompt" ? [each.uuid] : [])));
  if (asked.size === 0) return [];
  const ours = await oursAmong(deps, session, asked);
  let isOurs = false;
  return spoken.filter((each) => {
    if (each.kind === "prompt") isOurs = ours.has(each.uuid);
    return !isOurs && each.kind !== "title";
  });
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Which of these messages are in what the last turns were sent and said. Line by line: what was said may be long. */
async function oursAmong(
  { paths }: NewsDeps,
  { folder }: Session,
  asked: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const ours = new Set<string>();
  for (const { prompt, out } of await recentTurns(paths, folder))
    for (const path of [prompt, out])
      for await (const line of linesOf(path))
        for (const [uuid] of line.matchAll(UUID)) if (asked.has(uuid)) ours.add(uuid);
  return ours;
}

/** By the clock, since after a quiet week Telegram's numbers go on from anywhere; of a restored session, whose files are all as new, by the numbers. */
async function recentTurns(paths: Paths, folder: string): Promise<ReturnType<Paths["turn"]>[]> {
  const ids = (await listTurns(paths.session(folder).turns).catch(() => [])).map(Number);
  const turns = await mapBounded(ids, LOOKED_AT_AT_ONCE, async (id) => {
    const files = paths.turn(folder, id);
    const stats = await stat(files.prompt).catch(() => undefined);
    return { files, beganMs: stats?.mtimeMs ?? 0 };
  });
  const last = turns.toSorted((one, other) => one.beganMs - other.beganMs).slice(-RECENT_TURNS);
  return [...new Set([...last, ...turns.slice(-RECENT_TURNS)])].map(({ files }) => files);
}
