/**
 * What a turn is made of: one message in, one answer out. What all parts of its
 * life share is here; its beginning is `begin.ts`, its being found again after a
 * restart `take-up.ts`, the way from its process to its end `follow-turn.ts`.
 */
import type { ClaudeRun } from "../claude/claude.ts";
import type { Logger } from "../logger.ts";
import type { Personas } from "../store/personas.ts";
import type { SessionManager } from "../store/session-manager.ts";
import type { Asks } from "./asks/asks.ts";
import type { AttachmentDeps } from "./attachments.ts";
import type { TurnChanges } from "./changes/changes.ts";
import type { KeptOrder } from "./order.ts";
import type { Listener } from "./follow.ts";
import type { Journal } from "./journal.ts";
import type { PrepareDeps } from "./prepare.ts";
import { ended, newProgress } from "./progress.ts";
import type { Gate } from "./terminal/terminal.ts";
import type { TurnTook } from "./latencies.ts";
import type { Standbys } from "./standby/standbys.ts";
import type { Timing } from "./timing.ts";
import type { Budget } from "./usage/budget.ts";
import type { Ledger } from "./usage/ledger.ts";
import type { Outcome, Refusal, TurnCallbacks } from "./view.ts";

/** What a turn works with. `nowMs` is monotonic; `checkpoint` is called at each named step (tests die there). */
export interface TurnDeps extends PrepareDeps, AttachmentDeps {
  readonly sessions: SessionManager;
  readonly personas: Personas;
  readonly journal: Journal;
  readonly asks: Asks;
  readonly changes: Pick<TurnChanges, "watch">;
  readonly gate: Gate;
  readonly standbys: Pick<Standbys, "prepare" | "hold" | "release" | "take" | "drop">;
  readonly ledger: Ledger;
  readonly budget: Budget;
  readonly logger: Logger;
  readonly nowMs: () => number;
  /** Told of each turn that is over: how, and how long it took. */
  readonly onTook: (took: TurnTook) => void;
  /** Takes a message whose session is gone to where its place's messages go now. */
  readonly rehome: (updateId: number, order: KeptOrder) => Promise<void>;
  readonly checkpoint: (name: string) => void;
}

/** A turn to run, or to take up again. */
export interface Turn {
  readonly updateId: number;
  readonly sessionId: string;
  readonly order: KeptOrder;
  readonly callbacks: TurnCallbacks;
  readonly timing: Timing;
  /** Gives the run to whoever may stop it, or write into it: a new one, or one that an earlier life began. */
  readonly onRun: (run: ClaudeRun, origin: "started" | "adopted") => void;
  readonly listeners: readonly Listener[];
  /** Aborted when a stop must be shown at once; what is under way before its process ends then. */
  readonly cutShort: AbortSignal;
  /** What an earlier life wrote into it that was perhaps not read: uuids, in order. */
  readonly unread: readonly string[];
  /** Told when the answer is known: what is left is to end the processes and to deliver. */
  readonly onAnswered: (outcome: Outcome) => void;
  /** Told when its processes are gone and the session knows of it: the next process of the session may start. */
  readonly onFree: () => void;
  /** On the disk that it waits in line, or will be. */
  readonly queued: Promise<void>;
  /** Told when its processes are gone: another turn may have their place while this one is still being delivered. */
  readonly onGone: () => void;
}

/** Says that a turn did not run, and why. */
export async function refuse(turn: Turn, refusal: Refusal): Promise<void> {
  await turn.callbacks.finish(ended(newProgress(), { kind: "refused", refusal }));
}

/** A session that works where it is current is active, whatever a crash had made of it. */
export async function activate({ sessions }: TurnDeps, { sessionId, order }: Turn): Promise<void> {
  if (sessions.current(order.place)?.id !== sessionId) return;
  if (sessions.get(sessionId)?.state === "paused") await sessions.transition(sessionId, "active");
}
