/**
 * What a chat may know of a turn: the one type that crosses from `turns/` to
 * `telegram/`. A view is a snapshot and never changes. It does not know events.
 */
import type { Failure, Usage, Watchdog } from "../claude/events.ts";
import type { PersonaFault } from "../store/personas.ts";
import type { Place } from "../store/session.ts";
import type { Ask } from "./asks/ask.ts";

export type { Ask, AskRef, AskState, Decision, Permission, Plan, Question } from "./asks/ask.ts";
export type { Failure, Place, Usage, Watchdog };

/** One tool that a turn used. `title` is what it was used on: a command, a path. Times are ms on a monotonic clock; without `endedAt` it runs, or was cut off with its turn. */
export interface ToolUse {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly isError?: boolean;
}

/** What goes on beside the answer: a shell in the background. `startedAt` is ms on the same clock as a tool's. */
export interface BackgroundTask {
  readonly id: string;
  readonly description: string;
  readonly startedAt: number;
}

/** How a turn ended. */
export type Outcome =
  | { kind: "answered" }
  | { kind: "stopped" }
  | { kind: "failed"; failure: Failure }
  /** It never ran. */
  | { kind: "refused"; refusal: Refusal }
  /** A fault of ours under it; the log has it. */
  | { kind: "broken" }
  /** The machine or the bot died under it, and the process with it: the person decides. */
  | { kind: "interrupted" };

export type Refusal =
  | { kind: "session_gone" }
  | { kind: "disk_full" }
  /** A file that came with the message is not here: without it the answer would be to another question. */
  | { kind: "file_not_fetched"; name?: string; why: "too_big" | "gone" | "unreached" }
  /** What a voice message said is not known. `detail` is what the command wrote last. */
  | {
      kind: "not_heard";
      why: "not_set_up" | "not_started" | "failed" | "timed_out" | "silence";
      detail?: string;
    }
  /** Sessions may not work any more where it works. */
  | { kind: "folder_closed"; path: string }
  /** The bot died under its start again and again. */
  | { kind: "gave_up" }
  /** Its restrictions would go with it: better no answer than one without them. */
  | { kind: "persona_unusable"; slug: string; fault: PersonaFault | { kind: "absent" } };

/** Something beside the answer that the person should know. */
export type Note =
  | { kind: "memory_lost" }
  /** The session was marked as at the terminal, where nothing had happened. */
  | { kind: "back_from_terminal" }
  | { kind: "compacted"; fromTokens?: number; toTokens?: number }
  | { kind: "denied"; tools: readonly string[] }
  | { kind: "background_ended"; tasks: readonly string[] }
  /** Processes that a tool had left running were ended; only told after an answer. */
  | { kind: "left_behind"; count: number }
  | { kind: "unreadable_lines"; count: number }
  | { kind: "from_transcript" }
  /** Most of the day's budget is used, or all of it, in dollars. */
  | { kind: "budget"; spentUsd: number; limitUsd: number; isUsedUp: boolean }
  /** A message failed, but the turn went on with another that had been written into it. */
  | { kind: "one_failed"; failure: Failure }
  /** A file is not what its name says, or not whole; Claude got it as a file only. */
  | { kind: "broken_file"; as: "image" | "pdf"; name?: string };

/**
 * Something that stands between two pieces of a turn's text: what follows it begins a new message.
 * `at` is where: an offset into `text`, in UTF-16 units. `id` is its own within the turn.
 */
export type Interlude = { readonly id: string; readonly at: number } & Beside;

/** What an interlude is. */
export type Beside =
  /** The person wrote a message into the turn: what Claude says from here on answers that, too. `said` is what, once it was read. */
  | { readonly kind: "steered"; readonly said?: Steered }
  /** Claude asks the person: a message of its own, that changes when it is decided. */
  | { readonly kind: "ask"; readonly ask: Ask }
  /** What was understood of a voice message. */
  | { readonly kind: "heard"; readonly text: string }
  /** Claude put a file here. */
  | { readonly kind: "file"; readonly file: SentFile };

/** What the person wrote into a turn, and how many files came with it. */
export interface Steered {
  readonly text: string;
  readonly files: number;
}

/** A file for the chat. `path` is our own copy of it, `name` what Claude calls it, `caption` Claude's Markdown, perhaps empty. */
export interface SentFile {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  /** To be shown as a picture rather than as a file. */
  readonly isPhoto: boolean;
  readonly caption: string;
}

/**
 * Why a message has not begun: it was written into the running turn, which has not read it yet; it
 * waits for the turn before it; for work of our own in its session, such as an undo; as many turns run as may; the disk has too little room; or the day's
 * budget is used up, and the person is asked.
 */
export type WaitReason = "unread" | "behind" | "own" | "full" | "room" | "budget";

/** How the waiting of a message ended: a turn of its own begins, the running turn has read it, or the person took it back. */
export type WaitEnd = "runs" | "read" | "dropped";

/** Why what a turn changed cannot be undone: see `turns/changes/`. */
export type NoWay = "off" | "no_repository" | "no_git" | "late" | "too_many" | "elsewhere" | "failed";

/** A file that a turn changed; `path` is relative to where Claude worked. Without `lines` it is binary. */
export interface ChangedFile {
  readonly path: string;
  readonly kind: "made" | "changed" | "removed";
  readonly lines?: { readonly added: number; readonly removed: number };
}

/** What a turn changed. `id` names it in buttons. */
export interface Changes {
  readonly id: string;
  /** Who says so: git, by snapshots of the person's repository or of another folder; or only Claude's tools. */
  readonly source: "repository" | "snapshot" | "tools";
  /** Of all files; `files` are the first of them. */
  readonly count: number;
  readonly added: number;
  readonly removed: number;
  readonly files: readonly ChangedFile[];
  /** Changed too, but no snapshot has them: too big, or elsewhere. */
  readonly beyond: readonly string[];
  /** Why it cannot be undone. */
  readonly noWay?: NoWay;
}

/** A file that a turn made. `id` names it for good; `path` is relative to where Claude worked. */
export interface MadeFile {
  readonly id: string;
  readonly path: string;
  readonly bytes: number;
  /** In ms since 1970. */
  readonly changedAtMs: number;
  /** It has a button under the answer; the others are found in the list of what changed. */
  readonly isOffered: boolean;
}

/** A turn, seen from the chat. */
export interface TurnView {
  /** What was sent is fetched, speech is made text of; then the process starts, and works. */
  readonly phase: "fetching" | "listening" | "starting" | "working" | "ended";
  /** The Markdown said so far, whole. */
  readonly text: string;
  /** In the order of their places in `text`. */
  readonly interludes: readonly Interlude[];
  /** In the order they were started. */
  readonly tools: readonly ToolUse[];
  /** The model's service did not answer; the next try comes `delayMs` after `at`. */
  readonly retry?: { attempt: number; maxAttempts: number; delayMs: number; reason: string; at: number };
  /** Since when nothing was heard; `isThinking` if the model said that it thinks. Not there before the start and after the end. */
  readonly quiet?: { since: number; isThinking: boolean };
  /** In the order they were started. */
  readonly background: readonly BackgroundTask[];
  /** An answer was given, and only the background keeps the turn open. */
  readonly isResting: boolean;
  readonly isCompacting: boolean;
  readonly notes: readonly Note[];
  readonly outcome?: Outcome;
  /** Files that it made and did not send; known at its end. */
  readonly made?: readonly MadeFile[];
  /** What it changed; known at its end. */
  readonly changes?: Changes;
  readonly usage?: Usage;
  /** How long it took, in ms, where it ran. */
  readonly durationMs?: number;
}

/**
 * What the middle tells one chat of one turn. `telegram/callbacks.ts` makes
 * them; a test gives an array. Only `finish` is waited for: it resolves when the
 * answer is in the chat, or is remembered for a later try.
 */
export interface TurnCallbacks {
  update(view: TurnView): void;
  /**
   * All seems said, and the words need not wait until the turn is saved. `isSure`: `finish` is next; else the
   * process has not said that it is done, and there may still be updates.
   */
  lastWords(view: TurnView, isSure: boolean): void;
  finish(view: TurnView): Promise<void>;
  /** What came to light only when the answer stood already. */
  addNote(note: Note): void;
}
