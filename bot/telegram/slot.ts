/**
 * One message of an answer: what stands in its place, and how it is made what it
 * should be, by one call. It does not know the other messages, nor when it may be
 * tried again.
 */
import type { Part } from "./delivery.ts";
import type { Refusal } from "./refusal.ts";

/** The calls that are made; each gives a value, never an error. */
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

/** What an earlier life knew of an answer's messages. */
export interface Known {
  readonly messages: readonly (number | undefined)[];
  readonly doubtful: readonly number[];
  readonly repeats: readonly number[];
  readonly files: readonly number[];
}

/** The place of one part in the chat. */
export interface Slot {
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

/**
 * What a call came to. `later`: it may be done at once, or when the chat may be written to; `failed`: the
 * connection did not hold; `not_rich`: Telegram takes it in its plain form only.
 */
export type Outcome = "shown" | "removed" | "later" | "failed" | "not_rich" | "closed";

/** Tells parts apart. */
export type KeyOf = (part: Part) => string;

/** Where the parts of an answer stand, as far as an earlier life knew. Gives the slot of a part, made when it is asked for. */
export function createSlots(known: Partial<Known> = {}): {
  at: (index: number) => Slot;
  all: readonly Slot[];
} {
  const all: Slot[] = [];

  function at(index: number): Slot {
    while (all.length <= index) {
      all.push({
        messageId: undefined,
        kind: undefined,
        shown: undefined,
        isRepeat: false,
        refused: undefined,
        givenUp: undefined,
      });
    }
    return all[index] as Slot;
  }

  for (const [index, messageId] of (known.messages ?? []).entries()) at(index).messageId = messageId;
  for (const part of [...(known.doubtful ?? []), ...(known.repeats ?? [])]) at(part).isRepeat = true;
  for (const part of known.files ?? []) at(part).kind = "file";
  return { at, all };
}

/** What tells parts apart, made once for each: parts are never changed, and those that are full come again with each edit. */
export function createKeys(): KeyOf {
  const keys = new WeakMap<Part, string>();
  return (part) => {
    const key = keys.get(part) ?? JSON.stringify(part);
    keys.set(part, key);
    return key;
  };
}

/** Makes the one call that brings a slot nearer to `part`; without one, or where the message can never become it, the message goes. */
export function createBringRight({
  chat,
  ledger,
  keyOf,
}: {
  readonly chat: Chat;
  readonly ledger: Ledger;
  readonly keyOf: KeyOf;
}) {
  return async (slot: Slot, index: number, part: Part | undefined): Promise<Outcome> => {
    if (part === undefined || isOther(slot, part.kind, keyOf(part))) return remove(chat, slot);
    const key = keyOf(part);
    const dress = { isRepeat: slot.isRepeat, isPlain: slot.refused === key };
    if (slot.messageId !== undefined) {
      // It was sent whole; an earlier life's file is the same, since a turn's files are numbered.
      const result: EditResult =
        part.kind === "file" ? { ok: true } : await chat.edit(slot.messageId, part, dress);
      if (!result.ok) return refused(slot, { key, kind: part.kind }, result.refusal, "edit");
      slot.shown = key;
      return "shown";
    }
    await ledger.sending(index, slot.isRepeat);
    const result = await chat.send(part, dress);
    if (!result.ok) return refused(slot, { key, kind: part.kind }, result.refusal, "send");
    slot.messageId = result.messageId;
    slot.kind = part.kind;
    await ledger.sent(index, result.messageId, part.kind === "file");
    slot.shown = key;
    return "shown";
  };
}

async function remove(chat: Chat, slot: Slot): Promise<Outcome> {
  const result: EditResult = slot.messageId === undefined ? { ok: true } : await chat.remove(slot.messageId);
  const why = result.ok ? undefined : result.refusal.kind;
  if (why === "flood") return "later";
  if (why === "unreached" || why === "unsure") return "failed";
  // One that cannot be removed (older than two days) is left: nothing depends on it.
  empty(slot);
  return "removed";
}

function refused(
  slot: Slot,
  { key, kind }: { readonly key: string; readonly kind: Part["kind"] },
  refusal: Refusal,
  call: "send" | "edit",
): Outcome {
  switch (refusal.kind) {
    case "unchanged":
      slot.shown = key;
      return "shown";
    case "closed":
      return "closed";
    case "gone":
      empty(slot);
      return "later";
    case "bad_request":
      if (kind === "rich") return "not_rich";
      // First without entities, then not at all: an answer is worth more than its looks.
      if (slot.refused === key) slot.givenUp = key;
      slot.refused = key;
      return "later";
    case "flood":
    case "topic_gone":
      return "later";
    case "unreached":
      return "failed";
    case "unsure":
      slot.shown = undefined;
      // An edit can be made twice; a message that is sent twice must say that it may be a repeat.
      if (call === "send") slot.isRepeat = true;
      return "failed";
  }
}

function empty(slot: Slot): void {
  slot.messageId = undefined;
  slot.kind = undefined;
  slot.shown = undefined;
}

/** Whether what stands there can never become a part of this kind, with this key. */
function isOther({ messageId, kind, shown }: Slot, wanted: Part["kind"], key: string): boolean {
  if (messageId === undefined) return false;
  if (wanted !== "file" || kind !== "file") return (wanted === "file") !== (kind === "file");
  return shown !== undefined && shown !== key;
}
