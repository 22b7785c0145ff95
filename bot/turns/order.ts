/**
 * What a person asked of Claude, as it is kept until it runs: its words, its files,
 * what it answers, the messages it is made of. Schemas and types only. It does not
 * know what becomes of it (`facts.ts`).
 */
import { z } from "zod";

/** Where it was asked: a chat, or a topic of one. */
export const placeSchema = z.object({ chatId: z.int(), threadId: z.int().exactOptional() });

/** A file that was sent, while it is still at Telegram. `name` and `mimeType` are the sender's words, `bytes` is Telegram's. */
const attachment = z.object({
  kind: z.enum(["photo", "document", "audio", "video", "animation", "video_note", "voice"]),
  fileId: z.string(),
  name: z.string().exactOptional(),
  mimeType: z.string().exactOptional(),
  bytes: z.int().exactOptional(),
  /** It hangs on the message that is replied to. */
  isQuoted: z.boolean().exactOptional(),
});
export type Attachment = z.infer<typeof attachment>;

/** The message, or the part of it, that is replied to. `name` is whose it is, where it is another's. */
export const quoteSchema = z.object({
  whose: z.enum(["assistant", "person", "other"]),
  name: z.string().exactOptional(),
  text: z.string(),
});
export type Quote = z.infer<typeof quoteSchema>;

/** One message of several that are one; `joint` stands before its words, where others' stand before them. */
const piece = z.object({
  messageId: z.int(),
  joint: z.string(),
  text: z.string(),
  attachments: z.array(attachment).exactOptional(),
});

/** One order. `messageId` is the message that asked, `speaker` the person's name where several may write. */
export const orderSchema = z.object({
  place: placeSchema,
  createdBy: z.int(),
  messageId: z.int().exactOptional(),
  speaker: z.string().exactOptional(),
  /** The person's words; what others wrote stands in it marked. Empty for a file without words. */
  text: z.string(),
  /** An ask of an earlier turn that the person allowed too late for it: allowed in this one, once. */
  grant: z.object({ updateId: z.int(), n: z.int() }).exactOptional(),
  attachments: z.array(attachment).exactOptional(),
  quote: quoteSchema.exactOptional(),
  /** The person lets it run although the day's budget is used up. */
  overBudget: z.literal(true).exactOptional(),
  /** What a voice message said, once it was transcribed. */
  heard: z.string().exactOptional(),
  /** The updates that are done with this one: the other messages it is made of (an album, a long text that Telegram cut), or the turn that was cut off and goes on with it. */
  joined: z.array(z.int()).exactOptional(),
  /** The messages that `text` and `attachments` are made of, where they are several. */
  pieces: z.array(piece).exactOptional(),
});
export type KeptOrder = z.infer<typeof orderSchema>;
