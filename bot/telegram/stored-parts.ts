/**
 * Parts as the journal keeps them, read back. It promises parts that can be sent,
 * of this version or an earlier one, or none. It does not know the journal.
 */
import { z } from "zod";
import type { Part } from "./delivery.ts";

const content = z.object({ text: z.string(), entities: z.array(z.looseObject({ type: z.string() })) });

const button = z.union([
  z.object({ text: z.string(), data: z.string(), style: z.string().optional() }),
  z.object({ text: z.string(), copy: z.string() }),
]);

const buttons = z.array(z.array(button)).optional();

const text = z.object({ kind: z.literal("text"), content, buttons });

const file = z.object({ kind: z.literal("file"), name: z.string(), caption: content });

const parts = z.array(
  z.union([
    text,
    z.object({
      kind: z.literal("rich"),
      blocks: z.array(z.looseObject({ type: z.string() })),
      plain: z.array(text),
      buttons,
    }),
    file.extend({ body: z.string() }),
    file.extend({ path: z.string(), isPhoto: z.boolean() }),
  ]),
);

/** What an earlier life stored; undefined where it cannot be read. */
export function readStoredParts(stored: unknown): Part[] | undefined {
  const read = parts.safeParse(stored);
  // Entities, blocks and styles are Telegram's to judge: it says no to one that it does not know.
  return read.success ? (read.data as unknown as Part[]) : undefined;
}
