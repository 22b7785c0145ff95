/**
 * A process from its first event to its last, folded into views for one chat.
 * It promises that the turn is saved before its answer is shown for good, that
 * this happens once, and at the result rather than at the exit; that the last
 * words wait for none of it; and that no process goes on that nobody follows.
 */
import type { ClaudeRun } from "../claude/claude.ts";
import type { ClaudeEvent, Failure } from "../claude/events.ts";
import { ended, newProgress, type Progress, withInterlude, withNote } from "./progress.ts";
import { reduce } from "./reduce.ts";
import type { Timing } from "./timing.ts";
import type { Beside, Note, Outcome, TurnCallbacks, TurnView } from "./view.ts";

/** Where those who listen to a run put what the chat shall see of it. Once the answer is known, nothing is taken any more: false. */
export interface Stage {
  /** Where the text ends now, as an offset that `put` takes. */
  readonly textEnd: number;
  /** Puts `beside` at `at`, by default where the text ends now, or in place of what this id put there before. */
  put(id: string, beside: Beside, at?: number): boolean;
}

/** Hears every event of a run after the view has taken it in. It must not throw, and never waits. */
export type Listener = (event: ClaudeEvent, stage: Stage) => void;

export interface Following {
  readonly run: ClaudeRun;
  readonly callbacks: TurnCallbacks;
  readonly timing: Timing;
  readonly nowMs: () => number;
  readonly notes: readonly Note[];
  /** What was understood of a voice message. */
  readonly heard?: string;
  readonly claudeSessionId: string;
  readonly listeners: readonly Listener[];
  /** Aborted when a stop must be shown although the process has not said that it stopped. */
  readonly cutShort: AbortSignal;
  /** Told when the answer is known, before anything is shown or saved of that; the view is what was said. */
  onAnswered(outcome: Outcome, said: TurnView): void;
  /** Told when the process is gone and no other is started for this turn. */
  onGone(): void;
  /** What the end of the process means for the turn, where no result came before it. */
  outcomeOf(failure: Failure): Outcome;
  /** A failure after which the caller tries in another way: nothing is saved or shown then. */
  isRetried(failure: Failure): boolean;
  /** The last view with what is known only at the end. */
  complete(view: TurnView): Promise<TurnView>;
  save(view: TurnView, outcome: Outcome, claudeSessionId: string): Promise<void>;
}

/** Outcomes of which nothing can be pressed before they are written down. */
const SAID: ReadonlySet<Outcome["kind"]> = new Set(["answered", "stopped", "failed"]);

/** Resolves when the process is gone and the answer is delivered; with the failure if the caller is to retry. Rejects for a bug of ours, when the process is gone, too. */
export async function follow(following: Following): Promise<Failure | undefined> {
  const { run, callbacks, timing, nowMs } = following;
  let progress = following.notes.reduce(withNote, newProgress(nowMs(), following.heard));
  let { claudeSessionId } = following;
  const startedAt = nowMs();
  let settling: Promise<void> | undefined;
  let retry: Failure | undefined;
  let last: TurnView | undefined;
  let leftBehind = 0;

  function settle(outcome: Outcome): void {
    settling ??= (async () => {
      const said = ended(progress, outcome, nowMs() - startedAt);
      following.onAnswered(outcome, said);
      if (SAID.has(outcome.kind)) callbacks.lastWords(said, true);
      const view = await following.complete(said);
      last = view;
      await following.save(view, outcome, claudeSessionId);
      await callbacks.finish(view);
      timing.mark("delivered");
    })();
    // Awaited when the process is gone; until then nobody else hears of a failure.
    settling.catch(() => {});
  }

  /** What comes after the answer is known changes nothing that is shown. */
  function turnTo(next: Progress): boolean {
    const isNew = next.view !== progress.view;
    progress = next;
    if (isNew && settling === undefined) callbacks.update(progress.view);
    return settling === undefined;
  }

  const stage: Stage = {
    get textEnd() {
      return progress.view.text.length;
    },
    put: (id, beside, at) => settling === undefined && turnTo(withInterlude(progress, id, beside, at)),
  };

  const stop = (): void => settle({ kind: "stopped" });
  function hear(event: ClaudeEvent): void {
    mark(timing, event);
    if (event.type === "completed") {
      for (const listen of following.listeners) listen(event, stage);
      if (!event.ok && following.isRetried(event.failure) && settling === undefined) retry = event.failure;
      else settle(event.ok ? { kind: "answered" } : following.outcomeOf(event.failure));
      return;
    }
    if (event.type === "swept") leftBehind = event.count;
    if (event.type === "started" || event.type === "result") claudeSessionId = event.claudeSessionId;
    turnTo(reduce(progress, event, nowMs()));
    for (const listen of following.listeners) listen(event, stage);
    // A newer CLI thinks for another 30 ms before it says that this was all.
    if (event.type === "answer_ended" && settling === undefined && isAllSaid(progress.view))
      callbacks.lastWords(ended(progress, { kind: "answered" }, nowMs() - startedAt), false);
    // With `more`, a background job or a message that waits: the process will speak again.
    if (event.type === "result" && !event.more && !(event.failure && following.isRetried(event.failure))) {
      settle(event.failure ? following.outcomeOf(event.failure) : { kind: "answered" });
    }
  }

  let bug: { readonly error: unknown } | undefined;
  /** Where it throws nobody would see what the process does next: it is ended, and only then does anyone hear of it. */
  function guarded(work: () => void): void {
    if (bug !== undefined) return;
    try {
      work();
    } catch (error) {
      bug = { error };
      run.end({ kind: "stopped" });
    }
  }

  following.cutShort.addEventListener("abort", stop, { once: true });
  guarded(() => {
    if (following.cutShort.aborted) stop();
    callbacks.update(progress.view);
  });
  for await (const event of run.events) guarded(() => hear(event));
  if (retry === undefined) following.onGone();
  await settling;
  if (bug !== undefined) throw bug.error;
  // Only now is it known: the answer did not wait for the end of the process.
  if (leftBehind > 0 && last && isNews(last)) callbacks.addNote({ kind: "left_behind", count: leftBehind });
  return retry;
}

/** Whether nothing is under way that would make the model speak again. */
function isAllSaid({ text, tools, background }: TurnView): boolean {
  return text !== "" && background.length === 0 && tools.every(({ endedAt }) => endedAt !== undefined);
}

/** Whether an end of processes needs a word: whoever stopped a turn expects it, and jobs in the background were named. */
function isNews({ outcome, notes }: TurnView): boolean {
  return outcome?.kind === "answered" && !notes.some(({ kind }) => kind === "background_ended");
}

function mark(timing: Timing, event: ClaudeEvent): void {
  if (event.type === "started") timing.mark("init");
  if (event.type === "text" || event.type === "text_block") timing.mark("first_text");
  if (event.type === "result") timing.mark("result");
}
