/**
 * The messages of one answer, kept the same as what they should be: sent when
 * missing, edited when different, removed when too many. One call at a time, the
 * newest text wins, and what is final is never dropped. It does not know what
 * the parts say, nor why, nor what each call can meet (`slot.ts`).
 */
import type { Part } from "./delivery.ts";
import { createRichGates, type RichGate } from "./rich-gate.ts";
import {
  type Chat,
  createBringRight,
  createKeys,
  createSlots,
  type Known,
  type Ledger,
  type Outcome,
} from "./slot.ts";

/** How an answer got to its chat. `refused` parts do not stand there: Telegram takes them neither with their looks nor without. */
export type Delivered =
  | { kind: "delivered"; messageIds: readonly number[]; refused: number }
  | { kind: "undeliverable" };

export interface LiveMessage {
  /**
   * What should stand in the chat now; an earlier one that was not shown yet is
   * forgotten, and never made: text grows far more often than it may be sent.
   * What is the last of them does not wait for the pace of edits.
   */
  show(make: () => readonly Part[], isLast?: boolean): void;
  /**
   * What should stand there in the end. Resolves when it does, or never can; goes on trying for as long as that is open.
   * Once: what is asked for after that changes nothing.
   */
  finish(parts: readonly Part[]): Promise<Delivered>;
}

/** A part that is not as it should be; without `part`, a message too many. */
interface Step {
  readonly index: number;
  readonly part: Part | undefined;
}

const MAX_BACKOFF_MS = 300_000;

/** Makes the messages of one answer. `wait` resolves after that many ms, or at once when `signal` is aborted. */
export function createLiveMessage(options: {
  chat: Chat;
  ledger: Ledger;
  nowMs: () => number;
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
  known?: Known;
  /** Default: rich messages are taken until one is refused. */
  rich?: RichGate;
  /** Told whenever something new stands in the chat. */
  onShown?: () => void;
}): LiveMessage {
  const { chat, ledger, nowMs, wait, rich = createRichGates()() } = options;
  const keyOf = createKeys();
  const slots = createSlots(options.known);
  const bringRight = createBringRight({ chat, ledger, keyOf });

  let desired: readonly Part[] = [];
  let pending: (() => readonly Part[]) | undefined;
  let final: ((delivered: Delivered) => void) | undefined;
  let isLast = false;
  let isRunning = false;
  let settled: Delivered | undefined;
  /** The chat was closed while text streamed: only the end is tried again. */
  let isClosed = false;
  let lastCallAt = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let wake = new AbortController();

  /** The first thing that differs; parts are brought right in order, so that a chat reads in order. */
  function next(): Step | undefined {
    for (const [index, part] of desired.entries()) {
      const { shown, givenUp } = slots.at(index);
      const key = keyOf(part);
      if (shown !== key && givenUp !== key) return { index, part };
    }
    const surplus = slots.all.findIndex(
      (each, index) => index >= desired.length && each.messageId !== undefined,
    );
    // While text streams, a shorter text is a passing thing; only the end removes messages.
    return surplus >= 0 && final ? { index: surplus, part: undefined } : undefined;
  }

  function pauseMs(): number {
    const sinceLast = nowMs() - lastCallAt;
    const backoff = failures === 0 ? 0 : Math.min(1_000 * 2 ** (failures - 1), MAX_BACKOFF_MS) - sinceLast;
    const throttle = final || isLast ? 0 : chat.editIntervalMs - sinceLast;
    return Math.max(0, backoff, throttle, chat.delayMs());
  }

  async function run(): Promise<void> {
    for (;;) {
      if (pending === undefined && next() === undefined) break;
      const pause = pauseMs();
      if (pause > 0) {
        wake = new AbortController();
        await wait(pause, wake.signal);
        continue;
      }
      desired = rich.pass(pending?.() ?? desired);
      pending = undefined;
      const step = next();
      if (step === undefined) continue;
      lastCallAt = nowMs();
      if ((await take(step)) !== "closed") continue;
      if (final) return settle({ kind: "undeliverable" });
      isClosed = true;
      desired = [];
      pending = undefined;
    }
    if (final)
      settle({
        kind: "delivered",
        messageIds: slots.all.flatMap((each) => each.messageId ?? []),
        refused: desired.filter((part, index) => slots.at(index).givenUp === keyOf(part)).length,
      });
  }

  /** Takes one step, and draws from it when to take the next. */
  async function take({ index, part }: Step): Promise<Outcome> {
    const outcome = await bringRight(slots.at(index), index, part);
    if (outcome === "shown" || outcome === "removed") failures = 0;
    if (outcome === "failed") failures += 1;
    if (outcome === "shown") {
      if (part?.kind === "rich") rich.taken();
      options.onShown?.();
    }
    if (outcome === "not_rich" && part?.kind === "rich") {
      rich.refused(part);
      desired = rich.pass(desired);
    }
    return outcome;
  }

  function settle(delivered: Delivered): void {
    final?.(delivered);
    final = undefined;
    settled = delivered;
  }

  function kick(): void {
    if (isRunning || settled) return;
    isRunning = true;
    void run().finally(() => {
      isRunning = false;
      // What was asked for while the last step ended.
      if (final || pending || next() !== undefined) kick();
    });
  }

  return {
    show(make, last = false) {
      if (final || settled || isClosed) return;
      pending = make;
      isLast = last;
      if (last) wake.abort();
      kick();
    },
    finish(parts) {
      if (settled) return Promise.resolve(settled);
      return new Promise((resolve) => {
        final = resolve;
        pending = () => parts;
        wake.abort();
        kick();
      });
    },
  };
}
