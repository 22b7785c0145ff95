/**
 * Cuts a formatted text into parts Telegram takes as messages. Promises: no
 * part is too long or has too many entities, no sign is cut in two, nothing is
 * lost but blanks at the cuts, styles go on in the next part. Where a part ends
 * depends only on what is in it, so when a text grows its full parts stay as
 * they were. Knows nothing of Markdown.
 */
import type { MessageEntity } from "grammy/types";
import { isEdgeBlank, isInvisible, trimRange } from "./clean.ts";
import type { Formatted } from "./formatted.ts";

/** What one message may hold; the server drops entities past its hundredth. */
export interface MessageLimits {
  /** UTF-16 units of text, at least 2. */
  readonly maxUnits: number;
  readonly maxEntities: number;
}

const messageLimits: MessageLimits = { maxUnits: 4096, maxEntities: 100 };

/** A text that a cut may have gone before: then it begins where it is cut, on a blank or not. */
export interface Rest {
  readonly content: Formatted;
  readonly isCut: boolean;
}

/** The parts in order; none for a text in which nothing can be seen. */
export function splitFormatted(content: Formatted, limits?: MessageLimits, isCut = false): Formatted[] {
  return cut({ content, isCut }, limits ?? messageLimits, () => true).parts;
}

/** The parts that stay as they are whatever is appended behind a newline, and the rest. */
export function splitFinished(growing: Rest, limits: MessageLimits): { parts: Formatted[]; rest: Rest } {
  const { length } = growing.content.text;
  return cut(growing, limits, (start) => start + limits.maxUnits + LOOK_AHEAD <= length);
}

/** Where a part ends is seen from its own units and from so many behind them. */
const LOOK_AHEAD = 8;

function cut(
  { content, isCut }: Rest,
  limits: MessageLimits,
  isDue: (start: number) => boolean,
): { parts: Formatted[]; rest: Rest } {
  const { text } = content;
  const entities = [...content.entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const parts: Formatted[] = [];
  // Entities that may reach into the part at hand: begun before it, or next in line.
  let open: MessageEntity[] = [];
  let next = 0;
  let start = isCut ? 0 : partStart(text, 0, open);
  let isCutNow = isCut;
  while (start < text.length && isDue(start)) {
    const window = windowAt(start, text, open, entities, next, limits);
    const end = window.end === text.length ? text.length : cutBefore(window, text);
    for (; next < entities.length; next += 1) {
      const entity = entities[next];
      if (entity === undefined || entity.offset >= end) break;
      open.push(entity);
    }
    const part = partOf(text, start, end, open, limits.maxEntities);
    if (!isInvisible(part.text)) parts.push(part);
    start = partStart(text, end, open);
    open = open.filter((entity) => endOf(entity) > start);
    isCutNow = true;
  }
  const left = isCutNow ? [...open, ...entities.slice(next)] : entities;
  const rest = {
    text: text.slice(isCutNow ? start : 0),
    entities: left.map((each) => behind(each, isCutNow ? start : 0)),
  };
  return { parts, rest: { content: rest, isCut: isCutNow } };
}

/** What of `entity` lies behind `start`, counted from there. */
function behind(entity: MessageEntity, start: number): MessageEntity {
  const offset = Math.max(0, entity.offset - start);
  return { ...entity, offset, length: endOf(entity) - start - offset };
}

interface Window {
  readonly start: number;
  readonly end: number;
  /** The block of code that goes on past the end, if there is one. */
  readonly pre: MessageEntity | undefined;
  /** Where blocks of code lie, in order. */
  readonly pres: readonly MessageEntity[];
}

/** The longest range from `start` within both limits; the end of a part lies in it. */
function windowAt(
  start: number,
  text: string,
  open: readonly MessageEntity[],
  entities: readonly MessageEntity[],
  next: number,
  { maxUnits, maxEntities }: MessageLimits,
): Window {
  let end = Math.min(text.length, start + Math.max(2, maxUnits));
  const pres = open.filter((entity) => entity.type === "pre");
  let count = open.length;
  let firstSignEnd: number | undefined;
  for (let index = next; index < entities.length; index += 1) {
    const entity = entities[index];
    if (entity === undefined || entity.offset >= end) break;
    count += 1;
    if (count > maxEntities) {
      firstSignEnd ??= start + firstSignLength(text.slice(start, end));
      // Where too many begin in the very first sign, the part keeps the outer ones.
      if (entity.offset >= firstSignEnd) {
        end = entity.offset;
        break;
      }
    }
    if (entity.type === "pre") pres.push(entity);
  }
  const pre = pres.find((entity) => entity.offset < end && endOf(entity) > end);
  return { start, end, pre, pres };
}

/** Where the part in this window ends: the best place, not too near its start. */
function cutBefore(window: Window, text: string): number {
  const { start, end, pre } = window;
  const half = start + Math.ceil((end - start) / 2);
  const quarter = start + Math.ceil((end - start) / 4);
  const blankLine = lastBlankLine(window, text);
  if (blankLine >= (pre === undefined ? quarter : half)) return blankLine;
  // Code is kept whole if it can be. How long it is must not matter: while it
  // still grows it would first be moved to a new message and then back.
  if (pre !== undefined && pre.offset > start && text[pre.offset - 1] === "\n") return pre.offset;
  if (pre !== undefined) {
    // The server strips indentation from the start of a message.
    const outdented = lastIndexWhere(
      text,
      end,
      half,
      (index) => text[index] === "\n" && text[index + 1] !== " ",
    );
    if (outdented !== -1) return outdented;
  }
  const newline = lastIndexWhere(text, end, quarter, (index) => text[index] === "\n");
  if (newline !== -1) return newline;
  const space = lastIndexWhere(
    text,
    end,
    quarter,
    (index) => text[index] === " " && isWholeSign(text, index),
  );
  return space === -1 ? signBoundary(text, start, end) : space;
}

/** The last blank line outside code in the window, or -1. */
function lastBlankLine({ start, end, pres }: Window, text: string): number {
  const shown = text.slice(start, end + 2);
  let from = end - start;
  while (from > 0) {
    const index = shown.lastIndexOf("\n\n", from);
    if (index <= 0) return -1;
    const inside = pres.find((pre) => pre.offset <= start + index && start + index < endOf(pre));
    if (inside === undefined) return start + index;
    from = inside.offset - start - 1;
  }
  return -1;
}

/** The last index in `[from, to]` that fits; -1 if none does. */
function lastIndexWhere(text: string, to: number, from: number, fits: (index: number) => boolean): number {
  for (let index = Math.min(to, text.length - 1); index >= from; index -= 1) if (fits(index)) return index;
  return -1;
}

const signs = new Intl.Segmenter(undefined, { granularity: "grapheme" });

const firstSignLength = (text: string): number => signs.segment(text).containing(0)?.segment.length ?? 0;

/** Does the unit stand for itself? A space may carry an accent, which must not be torn off. */
function isWholeSign(text: string, index: number): boolean {
  const from = Math.max(0, index - 2);
  return signs.segment(text.slice(from, index + 3)).containing(index - from)?.segment === text[index];
}

/** The last place at or before `end` between two signs as people see them. */
function signBoundary(text: string, start: number, end: number): number {
  // Two units past the end, since what follows decides whether the sign goes on.
  const sign = signs.segment(text.slice(start, end + 2)).containing(end - start);
  if (sign !== undefined && sign.index > 0) return start + sign.index;
  // One sign fills the whole part: then at least no surrogate pair is cut.
  const unit = text.charCodeAt(end);
  return unit >= 0xdc00 && unit <= 0xdfff && end - 1 > start ? end - 1 : end;
}

/** The first place at or after `from` where a part can start: on no blank, but for the indentation of code. */
function partStart(text: string, from: number, open: readonly MessageEntity[]): number {
  let start = from;
  while (start < text.length && isEdgeBlank(text, start)) start += 1;
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const goesOn = open.some(
    (entity) => entity.type === "pre" && entity.offset < from && endOf(entity) > start,
  );
  return goesOn && lineStart > from ? lineStart : start;
}

function partOf(
  text: string,
  start: number,
  end: number,
  open: readonly MessageEntity[],
  maxEntities: number,
): Formatted {
  const [, last] = trimRange(text, start, end);
  // The server would move leading spaces out of the code and cut them off.
  const isIndented = text[start] === " " && start < last;
  const shown = (isIndented ? "\u00a0" : text.slice(start, start + 1)) + text.slice(start + 1, last);
  const entities: MessageEntity[] = [];
  for (const entity of open) {
    const [from, to] = trimRange(
      shown,
      Math.max(0, entity.offset - start),
      Math.min(shown.length, endOf(entity) - start),
    );
    if (from < to) entities.push({ ...entity, offset: from, length: to - from });
  }
  entities.sort((a, b) => a.offset - b.offset || b.length - a.length);
  return { text: shown, entities: entities.slice(0, maxEntities) };
}

const endOf = (entity: MessageEntity): number => entity.offset + entity.length;
