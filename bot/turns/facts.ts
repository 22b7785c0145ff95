/**
 * The words of the journal: what can be said of an update that was taken, and
 * what all that was said of one adds up to. Pure. It does not know the file.
 */
import { z } from "zod";
import { type KeptOrder, orderSchema, placeSchema } from "./order.ts";

/** Which process runs a turn: a pid alone can be another's after a restart. */
const processIdentity = z.object({ pid: z.int(), startTime: z.string(), bootId: z.string() });

const outcome = z.enum(["answered", "stopped", "failed", "broken", "interrupted", "refused"]);
export type OutcomeName = z.infer<typeof outcome>;

/** One fact about one update. Their order in the file is their order in time. */
export const factSchema = z.discriminatedUnion("state", [
  /** Taken from Telegram; `update` is what it sent. `awaySince`: it had waited there, while nobody was here since then. */
  z.object({
    state: z.literal("received"),
    update: z.unknown(),
    awaySince: z.iso.datetime().exactOptional(),
  }),
  /**
   * Too old to be done unasked, by what a start found: it waits for the person's word. `notice` is the message of ours
   * that asks; `update` and `order` are what it is since an edit.
   */
  z.object({
    state: z.literal("kept"),
    place: placeSchema,
    notice: z.int().exactOptional(),
    update: z.unknown().optional(),
    order: orderSchema.exactOptional(),
  }),
  /** The person wants it done, however old it is. */
  z.object({ state: z.literal("wanted") }),
  /** A command began to change `target` (a session folder): a second run finds its work. */
  z.object({ state: z.literal("acting"), target: z.string() }),
  /** Kept until its place has a session. */
  z.object({ state: z.literal("held"), order: orderSchema }),
  /** Kept until the person has said what becomes of a session whose conversation is at a terminal. */
  z.object({ state: z.literal("stalled"), sessionId: z.string(), order: orderSchema }),
  /** In a session's lane. */
  z.object({ state: z.literal("queued"), sessionId: z.string(), order: orderSchema }),
  /** About to be written into the running turn of another update, under this uuid. */
  z.object({
    state: z.literal("steered"),
    turn: z.int(),
    messageUuid: z.string(),
    sessionId: z.string(),
    order: orderSchema,
    /** It was read, and its turn was cut off: it waits with that for the person's word. */
    isRead: z.literal(true).exactOptional(),
  }),
  /** A note in the chat says that it waits; it changes nothing else. */
  z.object({ state: z.literal("noted"), messageId: z.int() }),
  /** All is written down; the process comes next, or is there and comes to hear its message: then `process`, found by `marker`. */
  z.object({
    state: z.literal("starting"),
    process: processIdentity.exactOptional(),
    marker: z.string().exactOptional(),
  }),
  z.object({ state: z.literal("running"), process: processIdentity }),
  /** The whole answer, as parts to be shown; `parts` are `telegram/delivery.ts`'s. */
  z.object({ state: z.literal("answered"), outcome, place: placeSchema, parts: z.array(z.unknown()) }),
  /** Part `part` is about to be sent; `isRepeat` if it may already stand in the chat. */
  z.object({ state: z.literal("sending"), part: z.int(), isRepeat: z.boolean() }),
  /** Part `part` stands in the chat as this message; `isFile` if it is no text. */
  z.object({
    state: z.literal("sent"),
    part: z.int(),
    messageId: z.int(),
    isFile: z.literal(true).exactOptional(),
  }),
  /** The person must say what becomes of a turn that was cut off. */
  z.object({ state: z.literal("interrupted") }),
  /** Nothing is left to do. */
  z.object({ state: z.literal("done"), why: z.string() }),
]);
export type Fact = z.infer<typeof factSchema>;
export type State = Exclude<Fact["state"], "noted" | "wanted" | "sent">;
export type ProcessIdentity = z.infer<typeof processIdentity>;

/** Everything known of one update. */
export interface Entry {
  readonly id: number;
  readonly state: State;
  /** When it was taken, ISO-8601 UTC. */
  readonly at: string;
  readonly update?: unknown;
  /** Since when nobody had been here when it was taken, ISO-8601 UTC. */
  readonly awaySince?: string;
  /** Kept for the person's word: where, and the message that asks for it. */
  readonly kept?: { readonly place: z.infer<typeof placeSchema>; readonly notice?: number };
  /** The person wants it, however old it is. */
  readonly isWanted?: true;
  readonly target?: string;
  readonly sessionId?: string;
  readonly order?: KeptOrder;
  /** The turn that it was written into, and the uuid that the CLI knows it by. */
  readonly steered?: { readonly turn: number; readonly messageUuid: string; readonly isRead: boolean };
  /** The message in the chat that says that it waits. */
  readonly note?: number;
  /** How often a process was about to be started for it. */
  readonly starts: number;
  readonly process?: ProcessIdentity;
  /** What its process is found by, where that is not the turn's own. */
  readonly marker?: string;
  readonly answer?: {
    readonly outcome: OutcomeName;
    readonly place: z.infer<typeof placeSchema>;
    readonly parts: readonly unknown[];
  };
  /** The messages that stand in the chat, by part. */
  readonly messages: readonly (number | undefined)[];
  /** Parts that may stand in the chat although no message id is known. */
  readonly doubtful: readonly number[];
  /** Parts that were sent with the mark of a repeat, and keep it. */
  readonly repeats: readonly number[];
  /** Parts that stand in the chat as files: their text cannot be changed. */
  readonly files: readonly number[];
}

/** An entry of which nothing is known but that it was taken. */
export function newEntry(id: number, at: string): Entry {
  return { id, at, state: "received", starts: 0, messages: [], doubtful: [], repeats: [], files: [] };
}

/** What `entry` is after `fact`. Once done, it stays done and keeps only what duplicates are known by. */
export function fold(entry: Entry, fact: Fact): Entry {
  if (entry.state === "done") return entry;
  switch (fact.state) {
    case "received":
      return { ...entry, update: fact.update, ...(fact.awaySince ? { awaySince: fact.awaySince } : {}) };
    case "kept": {
      const { place: where, notice, update = entry.update, order: words = entry.order } = fact;
      const kept = { place: where, ...(notice === undefined ? {} : { notice }) };
      return { ...entry, state: "kept", update, kept, ...(words ? { order: words } : {}) };
    }
    case "wanted":
      return { ...entry, state: "received", isWanted: true };
    case "acting":
      return { ...entry, state: "acting", target: fact.target };
    case "held":
      return { ...entry, state: "held", order: fact.order };
    case "stalled":
      return { ...entry, state: "stalled", sessionId: fact.sessionId, order: fact.order };
    case "steered": {
      const { turn, messageUuid, sessionId, order: words, isRead = false } = fact;
      return { ...entry, state: "steered", sessionId, order: words, steered: { turn, messageUuid, isRead } };
    }
    case "noted":
      return { ...entry, note: fact.messageId };
    case "queued":
      return { ...entry, state: "queued", sessionId: fact.sessionId, order: fact.order };
    case "starting": {
      // The process of an earlier start is not the one of this.
      const { process: _, marker: __, ...rest } = entry;
      const { process, marker } = fact;
      const known = {
        ...(process === undefined ? {} : { process }),
        ...(marker === undefined ? {} : { marker }),
      };
      return { ...rest, ...known, state: "starting", starts: entry.starts + 1 };
    }
    case "running":
      return { ...entry, state: "running", process: fact.process };
    case "answered":
      return {
        ...entry,
        state: "answered",
        answer: { outcome: fact.outcome, place: fact.place, parts: fact.parts },
      };
    case "sending":
      return {
        ...entry,
        state: whileSending(entry),
        doubtful: withPart(entry.doubtful, fact.part),
        repeats: fact.isRepeat ? withPart(entry.repeats, fact.part) : entry.repeats,
      };
    case "sent": {
      const messages = [...entry.messages];
      messages[fact.part] = fact.messageId;
      const without = (parts: readonly number[]) => parts.filter((part) => part !== fact.part);
      const files = fact.isFile ? withPart(entry.files, fact.part) : without(entry.files);
      return { ...entry, state: whileSending(entry), messages, doubtful: without(entry.doubtful), files };
    }
    case "interrupted":
      return { ...entry, state: "interrupted" };
    case "done":
      return { ...newEntry(entry.id, entry.at), state: "done" };
  }
}

function withPart(parts: readonly number[], part: number): readonly number[] {
  return parts.includes(part) ? parts : [...parts, part];
}

/** A part sent while the turn still runs is the live message: the turn's own state stays. */
function whileSending(entry: Entry): State {
  return entry.answer === undefined ? entry.state : "sending";
}
