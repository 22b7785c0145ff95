/**
 * The line that ends an answer, and unfolds to what was done for it: files,
 * tools, time, cost, and how full Claude's memory is. Pure.
 */
import type { ToolUse, TurnView, Usage } from "../../turns/view.ts";
import { cleanText, isInvisible } from "../clean.ts";
import type { Part } from "../delivery.ts";
import { code, concat, folded, type Formatted, join, plain } from "../formatted.ts";
import type { RichBlock, RichItem, RichText } from "../rich.ts";
import { changeLines, changeSum } from "./changes.ts";
import { fitsOneMessage, messages } from "./messages.ts";
import { clip, count, money, shortName, span } from "./words.ts";

/** Which answers it stands under: all, none, or those of which it says something worth a line. */
export type FooterMode = "auto" | "always" | "off";

/** What it is made from. */
type FooterFacts = Pick<TurnView, "tools" | "usage" | "durationMs" | "changes">;

/** A wait of this length is remembered, and so is a memory that is nearly full. */
const LONG_MS = 30_000;
const FULL_SHARE = 0.75;
const MAX_TOOLS = 12;
const TITLE_UNITS = 60;
const NAME_UNITS = 40;

/** Whether the end of this turn is worth the line. */
export function hasFooter(view: TurnView, mode: FooterMode): boolean {
  if (mode === "off" || !isWorked(view) || summary(view) === "") return false;
  if (mode === "always") return true;
  const { tools, durationMs = 0, usage } = view;
  return tools.length > 0 || durationMs >= LONG_MS || (contextShare(usage) ?? 0) >= FULL_SHARE;
}

/** The answer with the footer under its last words; in a message of its own where those have no room, or buttons of their own. */
export function withFooter(parts: readonly Part[], view: TurnView, mode: FooterMode): Part[] {
  if (!hasFooter(view, mode)) return [...parts];
  const at = parts.findLastIndex(({ kind }) => kind !== "file");
  const last = parts[at];
  if (last?.kind !== "rich") return underText(parts, at, view);
  const plain = underText(last.plain, last.plain.length - 1, view).filter((part) => part.kind === "text");
  return parts.with(at, { ...last, blocks: [...last.blocks, foldedBlock(view)], plain });
}

function underText(parts: readonly Part[], at: number, facts: FooterFacts): Part[] {
  const last = parts[at];
  const isOpen = last?.kind === "text" && !(last.buttons ?? []).flat().some((button) => "data" in button);
  for (const footer of [footerOf(facts), folded(plain(summary(facts)))]) {
    const content = isOpen ? join([last.content, footer], "\n\n") : footer;
    if (isOpen && fitsOneMessage(content)) return parts.with(at, { ...last, content });
  }
  // Behind what stood there while it was written: a file that was sent cannot move.
  const end = parts.findLastIndex((part) => part.kind !== "file" || "path" in part);
  return parts.toSpliced(end + 1, 0, ...messages(footerOf(facts)));
}

/** The line and what it unfolds to. */
function footerOf(facts: FooterFacts): Formatted {
  const { changes } = facts;
  const changed = changes === undefined ? [] : changeLines(changes);
  return folded(join([plain(summary(facts)), ...toolLines(facts.tools), ...changed], "\n"));
}

/** The same in a rich message. */
function foldedBlock(facts: FooterFacts): RichBlock {
  const items = facts.tools.slice(0, MAX_TOOLS).map((tool): RichItem => {
    const { name, title, took } = factsOf(tool);
    const words: RichText = title === "" ? name : [`${name} `, { type: "code", text: title }];
    return { blocks: [{ type: "paragraph", text: [words, ` · ${took}`] }] };
  });
  if (items.length === 0) return { type: "paragraph", text: { type: "italic", text: summary(facts) } };
  const more = moreLine(facts.tools);
  const changed = facts.changes === undefined ? [] : changeLines(facts.changes);
  const rest = [...(more === "" ? [] : [more]), ...changed.map(({ text }) => text)].map(
    (text): RichBlock => ({ type: "paragraph", text }),
  );
  return { type: "details", summary: summary(facts), blocks: [{ type: "list", items }, ...rest] };
}

/** "⚙️ 2 files +12 −3 · 3 tools · 1 command · 12 s · $0.02 · context 14 %"; empty where nothing is known. */
function summary({ tools, usage, durationMs, changes }: FooterFacts): string {
  const share = contextShare(usage);
  const commands = tools.filter(({ name }) => name === "Bash").length;
  const facts = [
    ...(changes === undefined ? [] : [changeSum(changes)]),
    ...(tools.length > 0 ? [count(tools.length, "tool")] : []),
    ...(changes === undefined || commands === 0 ? [] : [count(commands, "command")]),
    ...(durationMs === undefined ? [] : [span(durationMs)]),
    ...(usage === undefined || usage.costUsd <= 0 ? [] : [money(usage.costUsd)]),
    ...(share === undefined ? [] : [`context ${Math.round(share * 100)} %`]),
  ];
  return facts.length === 0 ? "" : `${tools.length > 0 ? "⚙️" : "⏱"} ${facts.join(" · ")}`;
}

/** A line for each tool, the first ones where there are many. */
function toolLines(tools: readonly ToolUse[]): Formatted[] {
  const lines = tools.slice(0, MAX_TOOLS).map((tool) => {
    const { name, title, took } = factsOf(tool);
    return concat("• ", name, title === "" ? "" : concat(" ", code(title)), ` · ${took}`);
  });
  const more = moreLine(tools);
  return more === "" ? lines : [...lines, plain(`• ${more}`)];
}

function moreLine(tools: readonly ToolUse[]): string {
  return tools.length > MAX_TOOLS ? `and ${tools.length - MAX_TOOLS} more` : "";
}

/** What is said of a tool. Its title is shown as code: a path or an address in plain text would become a command or a link. */
function factsOf({ name, title, startedAt, endedAt, isError }: ToolUse) {
  const took = endedAt === undefined ? "cut off" : span(endedAt - startedAt);
  const cleaned = cleanText(clip(title, TITLE_UNITS));
  return {
    name: cleanText(clip(shortName(name), NAME_UNITS)),
    title: isInvisible(cleaned) ? "" : cleaned,
    took: isError === true ? `failed, ${took}` : took,
  };
}

function contextShare(usage: Usage | undefined): number | undefined {
  const { contextTokens, contextWindow } = usage ?? {};
  if (contextTokens === undefined || contextWindow === undefined || contextWindow <= 0) return undefined;
  return contextTokens / contextWindow;
}

/** A turn that ran; one that was cut off tells of its tools by itself. */
function isWorked({ outcome, usage, tools }: TurnView): boolean {
  const hasEnded = outcome?.kind === "answered" || outcome?.kind === "stopped" || outcome?.kind === "failed";
  return hasEnded && (usage !== undefined || tools.length > 0);
}
