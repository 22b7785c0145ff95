/**
 * What the tests of the chat share: a chat in memory that refuses what the test
 * says, and a clock that moves only when someone waits.
 */
import type { Part } from "../../bot/telegram/delivery.ts";
import type { Chat, EditResult, Ledger, SendResult } from "../../bot/telegram/slot.ts";
import { plain } from "../../bot/telegram/formatted.ts";
import type { Refusal } from "../../bot/telegram/refusal.ts";

/** A part that says `text`. */
export const part = (text: string): Part => ({ kind: "text", content: plain(text) });

/** A clock that stands still until `pass`; waits end when their time has come, or they are aborted. */
export function manualClock() {
  let now = 0;
  let waits: { at: number; end: () => void }[] = [];
  /** Lets everything happen that needs no time. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    nowMs: (): number => now,
    settle,
    /** How long the waits that are under way still take, in ms. */
    waiting: (): number[] => waits.map(({ at }) => at - now),
    wait: (ms: number, signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        const mine = { at: now + ms, end: resolve };
        if (signal.aborted) return resolve();
        waits.push(mine);
        signal.addEventListener("abort", () => {
          waits = waits.filter((each) => each !== mine);
          resolve();
        });
      }),
    async pass(ms: number): Promise<void> {
      await settle();
      const end = now + ms;
      for (;;) {
        const next = waits.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        now = Math.max(now, next.at);
        waits = waits.filter((each) => each !== next);
        next.end();
        await settle();
      }
      now = end;
    },
  };
}

/** What stands in a chat, as a person would see it. */
export interface Standing {
  readonly id: number;
  text: string;
  kind: Part["kind"];
  isRepeat: boolean;
}

/** What a call meets: a refusal, with `isDone` if it was carried out all the same. */
export interface Trouble {
  readonly call?: "send" | "edit" | "remove";
  readonly refusal: Refusal;
  readonly isDone?: boolean;
}

/** A chat in memory. Each trouble hits the next call that it fits. */
export function fakeChat(options: { nowMs: () => number; editIntervalMs?: number; troubles?: Trouble[] }) {
  const standing: Standing[] = [];
  const calls: {
    call: string;
    at: number;
    text?: string;
    isPlain?: boolean;
    isRepeat?: boolean;
    refused?: string;
  }[] = [];
  const troubles = options.troubles ?? [];
  let blockedUntil = 0;
  let nextId = 100;

  function meet(call: "send" | "edit" | "remove"): Trouble | undefined {
    const at = troubles.findIndex((trouble) => trouble.call === undefined || trouble.call === call);
    const [trouble] = at === -1 ? [] : troubles.splice(at, 1);
    const made = calls.at(-1);
    if (made && trouble) made.refused = trouble.refusal.kind;
    if (trouble?.refusal.kind === "flood") blockedUntil = options.nowMs() + trouble.refusal.retryAfterMs;
    return trouble;
  }

  const textOf = (each: Part): string =>
    each.kind === "rich"
      ? JSON.stringify(each.blocks)
      : each.kind === "text"
        ? each.content.text
        : "body" in each
          ? each.body
          : each.path;

  const chat: Chat = {
    editIntervalMs: options.editIntervalMs ?? 1_100,
    delayMs: () => Math.max(0, blockedUntil - options.nowMs()),
    async send(sent, dress): Promise<SendResult> {
      calls.push({ call: "send", at: options.nowMs(), text: textOf(sent), ...dress });
      if (chat.delayMs() > 0) throw new Error("sent into a closed chat");
      const trouble = meet("send");
      const id = (nextId += 1);
      if (trouble === undefined || trouble.isDone)
        standing.push({ id, text: textOf(sent), kind: sent.kind, isRepeat: dress.isRepeat });
      return trouble ? { ok: false, refusal: trouble.refusal } : { ok: true, messageId: id };
    },
    async edit(messageId, edited, dress): Promise<EditResult> {
      calls.push({ call: "edit", at: options.nowMs(), text: textOf(edited), ...dress });
      if (chat.delayMs() > 0) throw new Error("edited in a closed chat");
      const trouble = meet("edit");
      const target = standing.find(({ id }) => id === messageId);
      if (trouble?.refusal.kind === "gone" && target) standing.splice(standing.indexOf(target), 1);
      if (trouble && !trouble.isDone) return { ok: false, refusal: trouble.refusal };
      if (target === undefined) return { ok: false, refusal: { kind: "gone" } };
      if (target.kind === "file") throw new Error("a file cannot be edited");
      const isSame = target.text === textOf(edited) && target.isRepeat === dress.isRepeat;
      Object.assign(target, { text: textOf(edited), isRepeat: dress.isRepeat });
      if (trouble) return { ok: false, refusal: trouble.refusal };
      return isSame ? { ok: false, refusal: { kind: "unchanged" } } : { ok: true };
    },
    async remove(messageId): Promise<EditResult> {
      calls.push({ call: "remove", at: options.nowMs() });
      const trouble = meet("remove");
      const at = standing.findIndex(({ id }) => id === messageId);
      if (trouble && !trouble.isDone) return { ok: false, refusal: trouble.refusal };
      if (at !== -1) standing.splice(at, 1);
      if (trouble) return { ok: false, refusal: trouble.refusal };
      return at === -1 ? { ok: false, refusal: { kind: "bad_request" } } : { ok: true };
    },
  };
  return {
    chat,
    calls,
    troubles,
    standing,
    texts: (): string[] => standing.map(({ text }) => text),
    /** Messages of an earlier life. */
    stand: (id: number, text: string): void =>
      void standing.push({ id, text, kind: "text", isRepeat: false }),
  };
}

/** A ledger that remembers the order of what it was told. */
export function fakeLedger() {
  const lines: string[] = [];
  const ledger: Ledger = {
    sending: async (index, isRepeat) => void lines.push(`sending ${index}${isRepeat ? " again" : ""}`),
    sent: async (index, messageId) => void lines.push(`sent ${index} as ${messageId}`),
  };
  return { ledger, lines };
}
