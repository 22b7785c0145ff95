/**
 * The judge of outgoing text: the real TDLib, offline, so "Telegram would take
 * this" is what Telegram's own code says and not what we remember of it.
 * Promises two things at once: nothing is refused, and nothing is silently
 * changed (text cleaned, entities dropped or moved). Rules which the real
 * servers keep and TDLib offline does not (length, count, trimming) are added.
 * Where there is no prebuilt TDLib, importing this file throws: a test that
 * cannot ask the judge must not pass.
 */
import { getTdjson } from "prebuilt-tdlib";
import * as tdl from "tdl";
import type { MessageEntity } from "grammy/types";
import type { Formatted } from "../../bot/telegram/formatted.ts";

/** The most a message may hold: UTF-16 units of text, and entities the server keeps. */
const limits = { maxUnits: 4096, maxEntities: 100 } as const;

/**
 * What became of a text. `refused`: Telegram answers 400, `error` in its own
 * words after "Bad Request: ". `changed`: Telegram takes it and shows
 * something else than what was sent.
 */
export type Verdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly kind: "refused" | "changed"; readonly error: string };

// As much of TDLib's types as is needed here.
type TdType =
  | { _: `textEntityType${"Bold" | "Italic" | "Underline" | "Strikethrough" | "Spoiler" | "Code" | "Pre"}` }
  | { _: "textEntityTypeBlockQuote" | "textEntityTypeExpandableBlockQuote" }
  | { _: "textEntityTypePreCode"; language: string }
  | { _: "textEntityTypeTextUrl"; url: string };
type TdEntity = { _: "textEntity"; offset: number; length: number; type: TdType };
type TdText = { _: "formattedText"; text: string; entities: TdEntity[] };
type TdError = { _: "error"; code: number; message: string };

tdl.configure({ tdjson: getTdjson(), verbosityLevel: 0 });
requireWorkingTdlib();

/** Would Telegram take this as the text of one message, and keep every bit of it? */
export function checkFormatted(content: Formatted): Verdict {
  const { text, entities } = content;
  if (!text.isWellFormed()) return refused("strings must be encoded in UTF-8");
  const known: TdEntity[] = [];
  for (const entity of entities) {
    const type = tdType(entity);
    if (type === undefined) return refused(`we send no entity of type "${entity.type}"`);
    known.push({ _: "textEntity", offset: entity.offset, length: entity.length, type });
  }
  // The text as it is decides what is refused …
  const judged = ask(text, known);
  if (judged._ === "error") return refused(judged.message);
  if (visibleLength(text) === 0) return refused("message text is empty");
  if (text.length > limits.maxUnits) return refused("message is too long");
  // … and the same text without Markdown signs decides what is changed, since
  // parseMarkdown, the one offline call that checks entities, also parses them.
  const inert = text.replaceAll(/[_*~|`[]/g, "x");
  const kept = ask(inert, known);
  if (kept._ === "error") return refused(kept.message);
  if (kept.text !== inert) return changed(`the text is cleaned: ${firstDifference(inert, kept.text)}`);
  if (text !== trimmed(text)) return changed("white space at the start or the end is trimmed");
  if (entities.length > limits.maxEntities)
    return changed(`of ${entities.length} entities only ${limits.maxEntities} are kept`);
  return compareCoverage(inert, known, kept.entities);
}

/** Throws with both the reason and the text; for tests about many documents. */
export function assertFormatted(content: Formatted, origin = ""): void {
  const verdict = checkFormatted(content);
  if (verdict.ok) return;
  const from = origin === "" ? "" : `\nfrom ${JSON.stringify(origin)}`;
  throw new Error(`${verdict.kind}: ${verdict.error}\nin ${JSON.stringify(content)}${from}`);
}

const refused = (error: string): Verdict => ({ ok: false, kind: "refused", error });
const changed = (error: string): Verdict => ({ ok: false, kind: "changed", error });

function ask(text: string, entities: readonly TdEntity[]): TdText | TdError {
  return tdl.execute({
    _: "parseMarkdown",
    text: { _: "formattedText", text, entities: [...entities] },
  }) as TdText | TdError;
}

function tdType(entity: MessageEntity): TdType | undefined {
  switch (entity.type) {
    case "bold":
      return { _: "textEntityTypeBold" };
    case "italic":
      return { _: "textEntityTypeItalic" };
    case "underline":
      return { _: "textEntityTypeUnderline" };
    case "strikethrough":
      return { _: "textEntityTypeStrikethrough" };
    case "spoiler":
      return { _: "textEntityTypeSpoiler" };
    case "code":
      return { _: "textEntityTypeCode" };
    case "pre":
      return entity.language === undefined || entity.language === ""
        ? { _: "textEntityTypePre" }
        : { _: "textEntityTypePreCode", language: entity.language };
    case "blockquote":
      return { _: "textEntityTypeBlockQuote" };
    case "expandable_blockquote":
      return { _: "textEntityTypeExpandableBlockQuote" };
    case "text_link":
      return { _: "textEntityTypeTextUrl", url: entity.url };
    default:
      return undefined;
  }
}

/**
 * Which characters wear which style, before and after. TDLib splits, merges and
 * shortens entities as it likes; only what a reader can see counts. For blocks,
 * where two neighbours look different from one, the borders count too.
 */
function compareCoverage(text: string, sent: readonly TdEntity[], kept: readonly TdEntity[]): Verdict {
  const before = coverage(text, sent);
  const after = coverage(text, kept);
  for (const style of new Set([...before.keys(), ...after.keys()])) {
    const wanted = before.get(style) ?? "";
    const got = after.get(style) ?? "";
    if (wanted !== got) return changed(`${style} is sent over ${wanted} and kept over ${got}`);
  }
  return { ok: true };
}

function coverage(text: string, entities: readonly TdEntity[]): Map<string, string> {
  const ranges = new Map<string, [start: number, end: number][]>();
  for (const entity of entities) {
    const style = styleOf(entity.type);
    let start = entity.offset;
    let end = start + entity.length;
    while (start < end && isBlank(text, start)) start += 1;
    while (end > start && isBlank(text, end - 1)) end -= 1;
    if (start === end) continue;
    const list = ranges.get(style) ?? [];
    list.push([start, end]);
    ranges.set(style, list);
  }
  const shown = new Map<string, string>();
  for (const [style, list] of ranges) {
    list.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const merged: [number, number][] = [];
    for (const [start, end] of list) {
      const last = merged.at(-1);
      if (last !== undefined && !isBlock(style) && onlyBlank(text, last[1], start))
        last[1] = Math.max(last[1], end);
      else merged.push([start, end]);
    }
    shown.set(style, merged.map(([start, end]) => `${start}–${end}`).join(" "));
  }
  return shown;
}

function styleOf(type: TdType): string {
  const name = type._.replace("textEntityType", "");
  if (type._ === "textEntityTypePreCode") return `${name} ${type.language}`;
  if (type._ === "textEntityTypeTextUrl") return `${name} ${sameUrl(type.url)}`;
  return name;
}

// TDLib lower-cases scheme and host, adds the "/" after a lone host, escapes blanks.
function sameUrl(url: string): string {
  return url
    .toLowerCase()
    .replaceAll("%20", " ")
    .replace(/^([a-z]+:\/\/[^/?#]*)\/?/, "$1/");
}

const isBlock = (style: string): boolean => /^(Pre|BlockQuote|Expandable|TextUrl)/.test(style);

const isBlank = (text: string, index: number): boolean => /\s/.test(text.charAt(index));

const onlyBlank = (text: string, start: number, end: number): boolean =>
  end <= start || text.slice(start, end).trim() === "";

const trimmed = (text: string): string => text.replace(/^[ \n]+/, "").replace(/[ \n]+$/, "");

// TDLib's is_empty_string, written down here apart from the product's own copy.
export const visibleLength = (text: string): number =>
  text.replaceAll(/[\s\u180e\u200b-\u200f\u2800\ufffc\u{e0000}-\u{e007f}]/gu, "").length;

function firstDifference(sent: string, kept: string): string {
  let at = 0;
  while (at < sent.length && sent[at] === kept[at]) at += 1;
  return `${JSON.stringify(sent.slice(at, at + 20))} becomes ${JSON.stringify(kept.slice(at, at + 20))} at ${at}`;
}

function requireWorkingTdlib(): void {
  const bad = ask("ab", [
    { _: "textEntity", offset: 1, length: 9, type: { _: "textEntityTypeTextUrl", url: "nowhere" } },
  ]);
  if (bad._ !== "error") throw new Error("TDLib is loaded but does not judge: the oracle is broken");
}
