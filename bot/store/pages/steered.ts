/**
 * A line of what the CLI said in a turn → the words that a person wrote into it.
 * Pure. The CLI says each message again when it reads it.
 */
import { z } from "zod";

/** What a line has that repeats a message. */
export const REPLAY_MARK = '"isReplay":true';

const replay = z.object({
  type: z.literal("user"),
  isReplay: z.literal(true),
  uuid: z.string(),
  message: z.object({
    content: z.union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().optional() }))]),
  }),
});

/** The CLI says its own words in the same way: a command that it was given, and what came of that. */
const OWN_WORDS = /^<(?:command-name|command-message|local-command-\w+)>/;

/** Whether a turn's receipt says what was written into it; those of older versions do not. */
export const saysSteered = (receipt: string | undefined): boolean => receipt?.includes('"steered":') === true;

/** The message that a line repeats; undefined for any other line. */
export function steeredText(line: string): { uuid: string; text: string } | undefined {
  // Most lines are others, and many: they are not parsed.
  if (!line.includes(REPLAY_MARK)) return undefined;
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch {
    return undefined;
  }
  const read = replay.safeParse(raw);
  if (!read.success) return undefined;
  const { uuid, message } = read.data;
  // Of several blocks the last is the person's own.
  const text = typeof message.content === "string" ? message.content : message.content.at(-1)?.text;
  return text === undefined || OWN_WORDS.test(text) ? undefined : { uuid, text };
}
