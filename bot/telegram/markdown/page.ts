/**
 * A page: where rendered text and its entities are written, top to bottom.
 * Owns line prefixes (indentation) and gaps between blocks, and promises a
 * finished text that is clean, trimmed, with entities as Telegram keeps them:
 * none empty, none inside code. Knows nothing of Markdown.
 */
import type { MessageEntity } from "grammy/types";
import { cleanText, trimRange } from "../clean.ts";
import type { Formatted } from "../formatted.ts";

type Splittable = "bold" | "italic" | "underline" | "strikethrough";

/** An entity that does not know yet where it lies. */
export type Style =
  | { readonly type: Splittable | "code" | "blockquote" | "expandable_blockquote" }
  | { readonly type: "pre"; readonly language?: string }
  | { readonly type: "text_link"; readonly url: string };

// Text deeper inside lists than this is not moved further to the right.
const maxPrefixUnits = 16;

const splittable: readonly MessageEntity["type"][] = ["bold", "italic", "underline", "strikethrough"];

export class Page {
  #text = "";
  #prefix = "";
  #gap = 0;
  readonly #entities: MessageEntity[] = [];

  /** Writes text where the pen is; its lines after the first get the prefix. */
  write(text: string): void {
    for (const [index, line] of cleanText(text).split("\n").entries()) {
      if (index > 0) this.#gap = Math.min(this.#gap + 1, 2);
      this.#put(line);
    }
  }

  /** Writes text as it is: no prefix, no gap changed inside it. It must be clean. */
  writeRaw(text: string): void {
    if (text !== "") this.#put(text);
  }

  /** At least this many newlines before whatever is written next; none at the top. */
  gap(newlines: 1 | 2): void {
    this.#gap = Math.max(this.#gap, newlines);
  }

  /** Will the next thing written begin a line, and so be given the prefix? */
  isLineDue(): boolean {
    return this.#gap > 0 && this.#text !== "";
  }

  /** Where the next thing written will begin. */
  mark(): number {
    return this.#text.length + (this.isLineDue() ? this.#gap + this.#prefix.length : 0);
  }

  /** Lays a style over everything written since `start`. */
  style(start: number, style: Style): void {
    if (this.#text.length > start)
      this.#entities.push({ ...style, offset: start, length: this.#text.length - start });
  }

  /** What was written since `start`. */
  since(start: number): string {
    return this.#text.slice(start);
  }

  /** Lines begun while `write` runs start with the prefix and this addition. */
  indented(addition: string, write: () => void): void {
    const before = this.#prefix;
    if (before.length + addition.length <= maxPrefixUnits) this.#prefix = before + addition;
    write();
    this.#prefix = before;
  }

  /** Lines begun while `write` runs start at the margin: Telegram's blocks cannot be indented. */
  atMargin(write: () => void): void {
    const before = this.#prefix;
    this.#prefix = "";
    write();
    this.#prefix = before;
  }

  /** The whole page, trimmed, its entities in order. */
  finish(): Formatted {
    // Again over the whole: a run of direction marks may have come in pieces.
    const text = cleanText(this.#text);
    const [start, end] = trimRange(text, 0, text.length);
    const entities: MessageEntity[] = [];
    const add = (entity: MessageEntity, from: number, to: number): void => {
      const [first, last] = trimRange(text, Math.max(from, start), Math.min(to, end));
      if (first < last) entities.push({ ...entity, offset: first - start, length: last - first });
    };
    const solid: Range[] = [];
    for (const entity of this.#entities) {
      if (splittable.includes(entity.type)) continue;
      add(entity, entity.offset, entity.offset + entity.length);
      if (entity.type === "code" || entity.type === "pre") solid.push(rangeOf(entity));
    }
    for (const type of splittable) {
      const ranges = this.#entities.filter((entity) => entity.type === type).map(rangeOf);
      for (const [from, to] of subtract(union(ranges), union(solid)))
        add({ type: type as Splittable, offset: 0, length: 0 }, from, to);
    }
    // Equal ranges keep the order of `outerFirst`, so the same page is always the same list.
    entities.sort((a, b) => a.offset - b.offset || b.length - a.length || rank(a) - rank(b));
    return { text: text.slice(start, end), entities };
  }

  #put(text: string): void {
    if (text === "") return;
    if (this.isLineDue()) this.#text += "\n".repeat(this.#gap) + this.#prefix;
    this.#gap = 0;
    this.#text += text;
  }
}

type Range = [start: number, end: number];

const outerFirst = ["blockquote", "expandable_blockquote", "pre", "text_link", ...splittable, "code"];

const rank = (entity: MessageEntity): number => outerFirst.indexOf(entity.type);

const rangeOf = (entity: MessageEntity): Range => [entity.offset, entity.offset + entity.length];

/** Overlapping ranges as one, in order. Touching ones stay apart, so that styles nest as written. */
function union(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last !== undefined && start < last[1]) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}

/** The parts of `ranges` outside `holes`; both are in order and without overlaps. */
function subtract(ranges: readonly Range[], holes: readonly Range[]): Range[] {
  const result: Range[] = [];
  let next = 0;
  for (const [start, end] of ranges) {
    let from = start;
    while (next < holes.length && (holes[next]?.[1] ?? 0) <= start) next += 1;
    for (let index = next; index < holes.length; index += 1) {
      const [holeStart, holeEnd] = holes[index] ?? [end, end];
      if (holeStart >= end) break;
      if (holeStart > from) result.push([from, holeStart]);
      from = Math.max(from, holeEnd);
    }
    if (from < end) result.push([from, end]);
  }
  return result;
}
