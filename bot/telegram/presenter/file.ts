/**
 * A file that Claude put into its answer → messages. Pure.
 */
import type { SentFile } from "../../turns/view.ts";
import type { Part } from "../delivery.ts";
import { plain } from "../formatted.ts";
import { renderMarkdown } from "../markdown.ts";
import { splitFormatted } from "../split.ts";
import { fileName } from "./words.ts";

/** Telegram takes 1024 units; the mark of a repeat must still fit. */
const CAPTION_LIMITS = { maxUnits: 1_000, maxEntities: 95 };

/** The file, and what of its caption does not fit under it. */
export function presentFile({ path, name, isPhoto, caption }: SentFile): Part[] {
  const [under = plain(""), ...rest] = splitFormatted(renderMarkdown(caption), CAPTION_LIMITS);
  return [
    { kind: "file", name: fileName(name), path, isPhoto, caption: under },
    ...rest.map((content): Part => ({ kind: "text", content })),
  ];
}
