/**
 * The small notes under messages that wait: there after a while, changed with
 * what becomes of them, gone when they begin. One note a message, without a
 * sound. It does not know who waits for what.
 */
import type { Journal } from "../turns/journal.ts";
import type { Lined } from "../turns/line.ts";
import type { WaitingCallbacks } from "../turns/steering.ts";
import type { WaitReason } from "../turns/view.ts";
import type { BudgetState } from "../turns/usage/budget.ts";
import type { Part } from "./delivery.ts";
import type { Outbox } from "./outbox.ts";
import { droppedNote, waitingNote } from "./presenter/waiting.ts";
import { react, type ReactionDeps } from "./reaction.ts";

export interface WaitingNotesDeps extends ReactionDeps {
  readonly outbox: Pick<Outbox, "remark">;
  readonly journal: Pick<Journal, "note">;
  /** Whether Claude waits for the person's answer in a session. */
  readonly isAsking: (sessionId: string) => boolean;
  /** The day's budget, where there is one. */
  readonly budget: () => BudgetState | undefined;
  /** Resolves after that many ms, or at once when `signal` is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** What begins within this needs no note. What is to be read in a running turn is mostly read soon. */
const QUIET_MS: Record<WaitReason, number> = {
  unread: 5_000,
  behind: 1_000,
  own: 1_000,
  full: 1_000,
  room: 0,
  budget: 0,
};

interface Note {
  /** What should stand there; nothing, an empty list. */
  wish: readonly Part[];
  messageId: number | undefined;
  quiet: AbortController;
  isChanged: boolean;
  work: Promise<void>;
}

/** Makes the notes. */
export function createWaitingNotes(deps: WaitingNotesDeps): WaitingCallbacks {
  const notes = new Map<number, Note>();

  function noteOf({ updateId, entry }: Lined): Note {
    const note = notes.get(updateId) ?? {
      wish: [],
      messageId: entry?.note,
      quiet: new AbortController(),
      isChanged: false,
      work: Promise.resolve(),
    };
    notes.set(updateId, note);
    return note;
  }

  async function bringAbout({ updateId, order }: Lined, note: Note): Promise<void> {
    const { messageId: replyTo, place } = order;
    if (note.wish.length === 0 && note.messageId === undefined) return;
    const known = note.messageId;
    note.messageId = await deps.outbox.remark(place, note.wish, {
      ...(replyTo === undefined ? {} : { replyTo }),
      ...(known === undefined ? {} : { messageId: known }),
    });
    // So that the next life changes this one rather than sending another.
    if (note.messageId !== undefined && note.messageId !== known)
      await deps.journal.note(updateId, { state: "noted", messageId: note.messageId });
  }

  function wish(lined: Lined, note: Note, parts: readonly Part[]): void {
    note.wish = parts;
    // One step after the other; each brings about what is wished when its turn comes.
    note.work = note.work.then(() => bringAbout(lined, note));
  }

  async function showAfter(ms: number, signal: AbortSignal, show: () => void): Promise<void> {
    await deps.wait(ms, signal);
    if (!signal.aborted) show();
  }

  return {
    waits(lined, reason) {
      const note = noteOf(lined);
      const parts = (): Part[] =>
        waitingNote(lined.updateId, reason, {
          isChanged: note.isChanged,
          isAsking: deps.isAsking(lined.sessionId),
          budget: deps.budget(),
        });
      // What was just changed is confirmed at once; one that stands is brought up to date.
      if (note.isChanged || note.messageId !== undefined) return wish(lined, note, parts());
      note.quiet.abort();
      const quiet = new AbortController();
      note.quiet = quiet;
      void showAfter(QUIET_MS[reason], quiet.signal, () => wish(lined, note, parts()));
    },
    over(lined, end) {
      const known = notes.has(lined.updateId) || lined.entry?.note !== undefined;
      if (end === "read") react(deps, lined.order, "read");
      if (end === "dropped") react(deps, lined.order, "none");
      if (!known) return;
      const note = noteOf(lined);
      note.quiet.abort();
      notes.delete(lined.updateId);
      wish(lined, note, end === "dropped" ? droppedNote() : []);
    },
    changed(lined) {
      noteOf(lined).isChanged = true;
    },
  };
}
