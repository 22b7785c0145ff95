/**
 * What every answer must be, whatever it is about: words that Telegram takes and
 * shows as they are, buttons that fit. Judged by TDLib.
 */
import { expect } from "vitest";
import type { Button, Part, PressButton } from "../../bot/telegram/delivery.ts";
import { readRich } from "../fakes/bot-api/rich.ts";
import { assertFormatted } from "../oracle/tdlib.ts";

/** Names and texts of others, as bad as they come. */
export const HOSTILE: readonly (readonly [string, string])[] = [
  ["good", "My session"],
  ["markup", "*a* _b_ `c` [d](https://e.f) <b>g</b> ||h|| ~i~ ```j``` @everyone /new #tag"],
  ["from right to left", "\u202eevil\u202c \u2067more\u2069 \u200f\u200fshalom"],
  ["many lines", "one\r\ntwo\n\n\nthree\u2028four\tfive"],
  ["far too long", "long ".repeat(2_000)],
  ["one word of 10,000 letters", "x".repeat(10_000)],
  ["many signs of two units", "🎉".repeat(5_000)],
  ["half signs", "a\ud800b\udc00c"],
  ["control signs", "a\u0000b\u001b[31mc\u0007"],
  ["blank at both ends", "   a   "],
  ["nothing to be seen", "\u200b\u200d"],
  ["accents upon accents", `a${"\u0301".repeat(50)}\u030a\u0333`],
];

/** All that is said, without files. */
export function textOf(parts: readonly Part[]): string {
  return parts.flatMap((part) => (part.kind === "text" ? [part.content.text] : [])).join("\n");
}

/** The buttons that tell the bot of a press, in reading order. */
export function pressButtons(parts: readonly Part[]): PressButton[] {
  const all = parts.flatMap((part) => (part.kind === "file" ? [] : (part.buttons ?? []).flat()));
  return all.filter((button) => "data" in button);
}

/** Throws unless Telegram takes all of it as it is. */
export function checkParts(parts: readonly Part[]): void {
  expect(parts.length).toBeGreaterThan(0);
  for (const part of parts) {
    if (part.kind === "rich") {
      expect(() => readRich({ blocks: part.blocks })).not.toThrow();
      checkParts(part.plain);
      for (const button of (part.buttons ?? []).flat()) checkButton(button);
      continue;
    }
    const content = part.kind === "file" ? part.caption : part.content;
    // A file needs no caption.
    if (part.kind !== "file" || content.text !== "") assertFormatted(content);
    // Room for the mark of a repeat.
    expect(content.text.length).toBeLessThanOrEqual(4_000);
    expect(content.entities.length).toBeLessThanOrEqual(95);
    expect(content.text).not.toMatch(/undefined|\[object|NaN|\n\s+at /);
    if (part.kind === "file") expect("body" in part ? part.body : part.path).not.toBe("");
    else for (const button of (part.buttons ?? []).flat()) checkButton(button);
  }
}

function checkButton(button: Button): void {
  const { text } = button;
  if ("copy" in button) {
    expect(button.copy.length).toBeGreaterThan(0);
    expect(button.copy.length).toBeLessThanOrEqual(256);
    expect(button.copy.isWellFormed()).toBe(true);
  } else {
    expect(Buffer.byteLength(button.data)).toBeGreaterThan(0);
    expect(Buffer.byteLength(button.data)).toBeLessThanOrEqual(64);
  }
  expect(text.isWellFormed()).toBe(true);
  expect(text.trim()).not.toBe("");
  expect(text.length).toBeLessThanOrEqual(64);
}
