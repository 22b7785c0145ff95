/**
 * What is known of a turn while it runs, and the ways in which that changes. Pure:
 * a view that was given out never changes. It does not know events, which
 * `reduce.ts` reads, nor what a view looks like.
 */
import type { Beside, Note, Outcome, TurnView } from "./view.ts";

/** What the reducer carries along; only `view` is for others. */
export interface Progress {
  readonly view: TurnView;
  /** Whole blocks of text, joined. */
  readonly said: string;
  /** The block that is being written. */
  readonly open: string;
  /** What the person was asked about: refused or not, they know of it. */
  readonly asked: ReadonlySet<string>;
}

/** A turn of which nothing is known; `nowMs` is when its process is started, if one is. */
export const newProgress = (nowMs?: number, heard?: string): Progress => ({
  view: {
    phase: "starting",
    text: "",
    interludes: heard === undefined ? [] : [{ kind: "heard", id: "heard", at: 0, text: heard }],
    tools: [],
    isCompacting: false,
    notes: [],
    background: [],
    isResting: false,
    ...(nowMs === undefined ? {} : { quiet: { since: nowMs, isThinking: false } }),
  },
  said: "",
  open: "",
  asked: new Set(),
});

/**
 * The last view of a turn. A tool without an end was cut off: what it did is not
 * known to be done. What still runs in the background ends with the process.
 * `ranMs` is how long we saw it run: less than it took, where an earlier life started it.
 */
export function ended(progress: Progress, outcome: Outcome, ranMs?: number): TurnView {
  const { view } = progress.view.background.reduce((all, { id }) => endTask(all, id, "stopped"), progress);
  const { quiet: _, ...rest } = calmed(view);
  const last: TurnView = { ...rest, phase: "ended", outcome };
  return ranMs === undefined ? last : { ...last, durationMs: Math.max(ranMs, view.durationMs ?? 0) };
}

/** Adds `note`, in place of one of its kind. */
export function withNote(progress: Progress, note: Note): Progress {
  const others = progress.view.notes.filter(({ kind }) => kind !== note.kind);
  return withView(progress, { ...progress.view, notes: [...others, note] });
}

/** Puts `beside` at `at`, by default where the text ends now, or in place of the interlude with this id. */
export function withInterlude(progress: Progress, id: string, beside: Beside, at?: number): Progress {
  const { view } = progress;
  const isThere = view.interludes.some((interlude) => interlude.id === id);
  const place = at ?? placeOf(beside, progress);
  const interludes = isThere
    ? view.interludes.map((interlude) =>
        interlude.id === id ? { ...beside, id, at: interlude.at } : interlude,
      )
    : [
        ...view.interludes.filter((interlude) => interlude.at <= place),
        { ...beside, id, at: place },
        ...view.interludes.filter((interlude) => interlude.at > place),
      ];
  return withView(progress, { ...view, interludes });
}

/** What a message asked for begins with a block of its own, and the CLI may say only after its first words that it was taken up. */
function placeOf(beside: Beside, { said, view }: Progress): number {
  return beside.kind === "steered" ? said.length : view.text.length;
}

/** A task of the background is over; one that did not end by itself is noted. */
export function endTask(progress: Progress, taskId: string, status: string): Progress {
  const { view } = progress;
  const task = view.background.find(({ id }) => id === taskId);
  if (task === undefined) return progress;
  const background = view.background.filter((each) => each !== task);
  const next = withView(progress, { ...view, background });
  if (status === "completed" || status === "failed") return next;
  const former = view.notes.find((note) => note.kind === "background_ended")?.tasks ?? [];
  return withNote(next, { kind: "background_ended", tasks: [...former, task.description] });
}

/** A view without what is over as soon as anything else happens. */
export function calmed(view: TurnView): TurnView {
  const { retry: _, ...rest } = view;
  return { ...rest, isCompacting: false, isResting: false };
}

/** The view with all that was said, which is a sign that it works. */
export function withText(progress: Progress): Progress {
  const text = joined(progress.said, progress.open);
  return withView(progress, { ...calmed(progress.view), phase: "working", text });
}

/** The progress with `view`. */
export function withView(progress: Progress, view: TurnView): Progress {
  return { ...progress, view };
}

/** Two blocks of text, one behind the other. */
export function joined(before: string, after: string): string {
  return before === "" || after === "" ? before + after : `${before}\n\n${after}`;
}
