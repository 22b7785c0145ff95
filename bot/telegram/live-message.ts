/**
 * The messages of one answer, kept the same as what they should be: sent when
 * missing, edited when different, removed when too many. One call at a time, the
 * newest text wins, and what is final is never dropped. It does not know what
 * the parts say, nor why.
 */
import type { Part } from "./delivery.ts";
import type { Refusal } from "./refusal.ts";
import { createRichGates, type RichGate } from "./rich-gate.ts";

/** The calls it makes; each gives a value, never an error. */
export interface Chat {
  send(part: Part, options: { isRepeat: boolean; isPlain: boolean }): Promise<SendResult>;
  edit(messageId: number, part: Part, options: { isRepeat: boolean; isPlain: boolean }): Promise<EditResult>;
  remove(messageId: number): Promise<EditResult>;
  /** Until the chat may be written to, in ms. */
  delayMs(): number;
  readonly editIntervalMs: number;
}
export type SendResult = { ok: true; messageId: number } | { ok: false; refusal: Refusal };
export type EditResult = { ok: true } | { ok: false; refusal: Refusal };

/** Where it is written down what is about to be sent and what was. Both resolve when it is on the disk. */
export interface Ledger {
  sending(part: number, isRepeat: boolean): Promise<void>;
  sent(part: number, messageId: number, isFile: boolean): Promise<void>;
}

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
  /** What should stand there in the end. Resolves when it does, or never can; goes on trying for as long as that is open. */
  finish(parts: readonly Part[]): Promise<Delivered>;
}

interface Slot {
  messageId: number | undefined;
  /** A text cannot be made a file, nor a file a text; undefined for a text of an earlier life. */
  kind: Part["kind"] | undefined;
  /** The content that stands there, if we know. */
  shown: string | undefined;
  isRepeat: boolean;
  /** The content that Telegram refused with its entities, and the one that it refused without: another may be taken. */
  refused: string | undefined;
  givenUp: string | undefined;
}

/** What an earlier life knew of these messages. */
export interface Known {
  readonly messages: readonly (number | undefined)[];
  readonly doubtful: readonly number[];
  readonly repeats: readonly number[];
  readonly files: readonly number[];
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
  const slots: Slot[] = [];
  const keyOf = createKeys();
  for (const [index, messageId] of (options.known?.messages ?? []).entries())
    slot(index).messageId = messageId;
  for (const part of [...(options.known?.doubtful ?? []), ...(options.known?.repeats ?? [])])
    slot(part).isRepeat = true;
  for (const part of options.known?.files ?? []) slot(part).kind = "file";

  let desired: readonly Part[] = [];
  let pending: (() => readonly Part[]) | undefined;
  let final: ((delivered: Delivered) => void) | undefined;
  let isLast = false;
  let isRunning = false;
  let isSettled = false;
  /** The chat was closed while text streamed: only the end is tried again. */
  let isClosed = false;
  let lastCallAt = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let wake = new AbortController();

  function slot(index: number): Slot {
    while (slots.length <= index) {
      slots.push({
        messageId: undefined,
        kind: undefined,
        shown: undefined,
        isRepeat: false,
        refused: undefined,
        givenUp: undefined,
      });
    }
    return slots[index] as Slot;
  }

  /** The first thing that differs; parts are brought right in order, so that a chat reads in order. */
  function next(): { index: number; part: Part | undefined } | undefined {
    for (const [index, part] of desired.entries()) {
      const { shown, givenUp } = slot(index);
      const key = keyOf(part);
      if (shown !== key && givenUp !== key) return { index, part };
    }
    const surplus = slots.findIndex((each, index) => index >= desired.length && each.messageId !== undefined);
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
      const outcome = await bringRight(step.index, step.part);
      if (outcome !== "closed") continue;
      if (final) return settle({ kind: "undeliverable" });
      isClosed = true;
      desired = [];
      pending = undefined;
    }
    if (final)
      settle({
        kind: "delivered",
        messageIds: slots.flatMap((each) => each.messageId ?? []),
        refused: desired.filter((part, index) => slot(index).givenUp === keyOf(part)).length,
      });
  }

  async function bringRight(index: number, part: Part | undefined): Promise<"closed" | undefined> {
    const target = slot(index);
    if (part === undefined || isOther(target, part.kind, keyOf(part))) return removeFrom(target);
    const dress = { isRepeat: target.isRepeat, isPlain: target.refused === keyOf(part) };
    if (target.messageId !== undefined) {
      // It was sent whole; an earlier life's file is the same, since a turn's files are numbered.
      const result: EditResult =
        part.kind === "file" ? { ok: true } : await chat.edit(target.messageId, part, dress);
      if (result.ok) return shown(target, part);
      return refused(target, part, result.refusal, "edit");
    }
    await ledger.sending(index, target.isRepeat);
    const result = await chat.send(part, dress);
    if (!result.ok) return refused(target, part, result.refusal, "send");
    target.messageId = result.messageId;
    target.kind = part.kind;
    await ledger.sent(index, result.messageId, part.kind === "file");
    return shown(target, part);
  }

  async function removeFrom(target: Slot): Promise<undefined> {
    const result: EditResult =
      target.messageId === undefined ? { ok: true } : await chat.remove(target.messageId);
    const why = result.ok ? undefined : result.refusal.kind;
    if (why === "flood") return;
    if (why === "unreached" || why === "unsure") {
      failures += 1;
      return;
    }
    failures = 0;
    // One that cannot be removed (older than two days) is left: nothing depends on it.
    target.messageId = undefined;
    target.kind = undefined;
    target.shown = undefined;
  }

  function shown(target: Slot, part: Part): undefined {
    failures = 0;
    target.shown = keyOf(part);
    if (part.kind === "rich") rich.taken();
    options.onShown?.();
  }

  function refused(target: Slot, part: Part, refusal: Refusal, call: "send" | "edit"): "closed" | undefined {
    switch (refusal.kind) {
      case "unchanged":
        return shown(target, part);
      case "closed":
        return "closed";
      case "gone":
        target.messageId = undefined;
        target.kind = undefined;
        target.shown = undefined;
        return undefined;
      case "bad_request": {
        // First without entities, then not at all: an answer is worth more than its looks.
        const key = keyOf(part);
        if (part.kind === "rich") {
          rich.refused(part);
          desired = rich.pass(desired);
          return undefined;
        }
        if (target.refused === key) target.givenUp = key;
        target.refused = key;
        return undefined;
      }
      case "flood":
      case "topic_gone":
        return undefined;
      case "unreached":
        failures += 1;
        return undefined;
      case "unsure":
        failures += 1;
        target.shown = undefined;
        // An edit can be made twice; a message that is sent twice must say that it may be a repeat.
        if (call === "send") target.isRepeat = true;
        return undefined;
    }
  }

  function settle(delivered: Delivered): void {
    final?.(delivered);
    final = undefined;
    isSettled = true;
  }

  function kick(): void {
    if (isRunning || isSettled) return;
    isRunning = true;
    void run().finally(() => {
      isRunning = false;
      // What was asked for while the last step ended.
      if (final || pending || next() !== undefined) kick();
    });
  }

  return {
    show(make, last = false) {
      if (final || isSettled || isClosed) return;
      pending = make;
      isLast = last;
      if (last) wake.abort();
      kick();
    },
    finish(parts) {
      return new Promise((resolve) => {
        final = resolve;
        pending = () => parts;
        wake.abort();
        kick();
      });
    },
  };
}

/** Whether what stands there can never become a part of this kind, with this key. */
function isOther({ messageId, kind, shown }: Slot, wanted: Part["kind"], key: string): boolean {
  if (messageId === undefined) return false;
  if (wanted !== "file" || kind !== "file") return (wanted === "file") !== (kind === "file");
  return shown !== undefined && shown !== key;
}

/** What tells parts apart, made once for each: parts are never changed, and those that are full come again with each edit. */
function createKeys(): (part: Part) => string {
  const keys = new WeakMap<Part, string>();
  return (part) => {
    const key = keys.get(part) ?? JSON.stringify(part);
    keys.set(part, key);
    return key;
  };
}
