/**
 * A rich message as the server reads it: each block and text of a known type with
 * the fields it must have, and all of it within the documented limits. What real
 * servers answer is used where it is known. It does not know chats.
 */
import { isRecord } from "./outgoing.ts";
import { badRequest } from "./refusal.ts";

/** A rich message, checked; `text` is what a person reads in it. */
export interface RichContent {
  readonly blocks: readonly unknown[];
  readonly text: string;
}

const maxUnits = 32_768;
const maxBlocks = 500;
const maxLevels = 16;
const maxColumns = 20;
const sizes = [1, 2, 3, 4, 5, 6];
const plainStyles = ["bold", "italic", "underline", "strikethrough", "spoiler", "code", "marked"];

interface Count {
  blocks: number;
  levels: number;
  words: string[];
}

/** Reads `rich_message`; throws the refusal of what is wrong. `html` and `markdown` are never ours. */
export function readRich(value: unknown): RichContent {
  if (!isRecord(value)) throw badRequest("object expected as rich message");
  const { blocks } = value;
  if (!Array.isArray(blocks) || blocks.length === 0) throw badRequest("rich message must be non-empty");
  const count: Count = { blocks: 0, levels: 0, words: [] };
  readBlocks(blocks, 1, count);
  const text = count.words.join("").trimEnd();
  if (text.trim() === "") throw badRequest("RICH_MESSAGE_EMPTY");
  if (text.length > maxUnits) throw badRequest("RICH_MESSAGE_TOO_LONG");
  if (count.blocks > maxBlocks) throw badRequest("RICH_MESSAGE_BLOCKS_TOO_MUCH");
  if (count.levels > maxLevels) throw badRequest("RICH_MESSAGE_DEPTH_TOO_MUCH");
  if (!text.isWellFormed()) throw badRequest("strings must be encoded in UTF-8");
  return { blocks: structuredClone(blocks), text };
}

function readBlocks(blocks: unknown, level: number, count: Count): void {
  if (!Array.isArray(blocks) || blocks.length === 0) throw badRequest("RICH_MESSAGE_EMPTY");
  for (const block of blocks) readBlock(block, level, count);
}

function readBlock(block: unknown, level: number, count: Count): void {
  if (!isRecord(block)) throw badRequest("object expected as InputRichBlock");
  enter(level, count);
  count.blocks += 1;
  switch (block["type"]) {
    case "heading":
      if (!sizes.includes(Number(block["size"]))) throw badRequest('can\'t find field "size"');
      return readLine(block["text"], level, count);
    case "paragraph":
    case "footer":
    case "pre":
      return readLine(block["text"], level, count);
    case "divider":
      return void count.words.push("———\n");
    case "blockquote":
      return readBlocks(block["blocks"], level + 1, count);
    case "details":
      readLine(block["summary"], level, count);
      return readBlocks(block["blocks"], level + 1, count);
    case "list":
      return readItems(block["items"], level, count);
    case "table":
      return readCells(block["cells"], level, count);
    default:
      throw badRequest(`type "${String(block["type"])}" is unsupported`);
  }
}

function readItems(items: unknown, level: number, count: Count): void {
  if (!Array.isArray(items) || items.length === 0) throw badRequest('can\'t find field "items"');
  for (const item of items as unknown[]) {
    if (!isRecord(item)) throw badRequest("object expected as InputRichBlockListItem");
    if (item["is_checked"] === true && item["has_checkbox"] !== true)
      throw badRequest("a checked item without a checkbox");
    count.blocks += 1;
    if (item["has_checkbox"] === true) count.words.push(item["is_checked"] === true ? "[x] " : "[ ] ");
    else count.words.push(typeof item["value"] === "number" ? `${item["value"]}. ` : "- ");
    readBlocks(item["blocks"], level + 2, count);
  }
}

function readCells(rows: unknown, level: number, count: Count): void {
  if (!Array.isArray(rows) || rows.length === 0) throw badRequest('can\'t find field "cells"');
  for (const row of rows as unknown[]) {
    count.blocks += 1;
    if (!Array.isArray(row)) throw badRequest("array expected as table row");
    if (row.length > maxColumns) throw badRequest("RICH_MESSAGE_COLUMNS_TOO_MUCH");
    for (const cell of row as unknown[]) {
      if (!isRecord(cell)) throw badRequest("RichBlockTableCell must be an object");
      if (!["left", "center", "right"].includes(String(cell["align"]))) throw badRequest("invalid align");
      if (!["top", "middle", "bottom"].includes(String(cell["valign"]))) throw badRequest("invalid valign");
      count.words.push("| ");
      readText(cell["text"] ?? "", level + 2, count);
      count.words.push(" ");
    }
    count.words.push("|\n");
  }
}

function readLine(text: unknown, level: number, count: Count): void {
  readText(text, level + 1, count);
  count.words.push("\n");
}

function readText(text: unknown, level: number, count: Count): void {
  enter(level, count);
  if (typeof text === "string") return void count.words.push(text);
  if (Array.isArray(text)) {
    for (const each of text as unknown[]) readText(each, level, count);
    return;
  }
  if (!isRecord(text)) throw badRequest("unsupported rich text type");
  const { type } = text;
  if (type === "url" && !/^(https?|tg|mailto|tel):/.test(String(text["url"])))
    throw badRequest("wrong HTTP URL");
  if (type !== "url" && !plainStyles.includes(String(type))) throw badRequest("unsupported rich text type");
  readText(text["text"], level + 1, count);
}

function enter(level: number, count: Count): void {
  count.levels = Math.max(count.levels, level);
}
