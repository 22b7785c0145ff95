/**
 * Blocks: paragraphs, headings, lists, quotes, code, rules, footnotes. Telegram
 * knows only quotes and code as blocks; the rest is drawn with signs and space.
 */
import type {
  Blockquote,
  BlockContent,
  Code,
  DefinitionContent,
  FootnoteDefinition,
  Heading,
  List,
  ListItem,
  RootContent,
} from "mdast";
import { codeLanguage, shownCode } from "./code-blocks.ts";
import { htmlText, renderInlines } from "./inlines.ts";
import { deeper, sourceOf, type Scene } from "./scene.ts";
import { renderTable } from "./table.ts";

const bullets = ["•", "◦", "▪"];
const rule = "──────────";
const longQuoteUnits = 600;

type Block = BlockContent | DefinitionContent;

/** Writes one block where the pen is; the caller has made the gap before it. */
export function renderBlock(node: RootContent, scene: Scene, listDepth = 0): void {
  const { page } = scene;
  const inner = deeper(scene);
  if (inner === undefined) {
    page.write(sourceOf(node, scene));
    return;
  }
  switch (node.type) {
    case "paragraph":
      renderInlines(node.children, inner);
      break;
    case "heading":
      renderHeading(node, inner);
      break;
    case "thematicBreak":
      page.write(rule);
      break;
    case "list":
      renderList(node, inner, listDepth);
      break;
    case "blockquote":
      renderQuote(node, inner, listDepth);
      break;
    case "code":
      renderCodeBlock(node, inner);
      break;
    case "table":
      renderTable(node, inner);
      break;
    case "html":
      page.write(htmlText(node.value));
      break;
    case "footnoteDefinition":
      renderFootnote(node, inner, listDepth);
      break;
    case "definition":
      break;
    default:
      // The parser hangs only the blocks above where blocks belong.
      page.write(sourceOf(node, scene));
  }
}

function renderBlocks(nodes: readonly Block[], scene: Scene, gap: 1 | 2, listDepth: number): void {
  for (const [index, node] of nodes.entries()) {
    if (index > 0) scene.page.gap(node.type === "list" && gap === 1 ? 1 : gap);
    renderBlock(node, scene, listDepth);
  }
}

function renderHeading(node: Heading, scene: Scene): void {
  const { page } = scene;
  const start = page.mark();
  renderInlines(node.children, scene);
  page.style(start, { type: "bold" });
  if (node.depth === 1) page.style(start, { type: "underline" });
}

function renderList(node: List, scene: Scene, depth: number): void {
  const { page } = scene;
  const bullet = bullets[depth % bullets.length] ?? "•";
  const isLoose = node.spread === true || node.children.some((item) => item.spread === true);
  for (const [index, item] of node.children.entries()) {
    if (index > 0) page.gap(isLoose ? 2 : 1);
    const box = item.checked === true ? "☑" : item.checked === false ? "☐" : undefined;
    if (node.ordered === true) {
      page.write(`${(node.start ?? 1) + index}.`);
      if (box !== undefined) page.write(` ${box}`);
    } else page.write(box ?? bullet);
    page.indented("  ", () => renderItem(item, scene, depth + 1));
  }
}

function renderItem(item: ListItem, scene: Scene, depth: number): void {
  const [first, ...rest] = item.children;
  if (first === undefined) return;
  // Only these begin on the marker's line; a block needs a line of its own.
  if (["paragraph", "heading", "html", "thematicBreak"].includes(first.type)) scene.page.write(" ");
  else scene.page.gap(1);
  renderBlock(first, scene, depth);
  for (const node of rest) {
    scene.page.gap(item.spread === true && node.type !== "list" ? 2 : 1);
    renderBlock(node, scene, depth);
  }
}

function renderQuote(node: Blockquote, scene: Scene, listDepth: number): void {
  const { page } = scene;
  if (scene.isInQuote) {
    // Telegram's quotes do not nest: the inner one is drawn by its sign.
    page.indented("> ", () => {
      if (!page.isLineDue()) page.write("> ");
      renderBlocks(node.children, scene, 2, listDepth);
    });
    return;
  }
  page.atMargin(() => {
    const start = page.mark();
    renderBlocks(node.children, { ...scene, isInQuote: true }, 2, listDepth);
    const isLong = page.since(start).length > longQuoteUnits;
    page.style(start, { type: isLong ? "expandable_blockquote" : "blockquote" });
  });
}

function renderCodeBlock(node: Code, { page }: Scene): void {
  const language = codeLanguage(node);
  page.atMargin(() => {
    const start = page.mark();
    page.writeRaw(shownCode(node));
    page.style(start, language === undefined ? { type: "pre" } : { type: "pre", language });
  });
}

function renderFootnote(node: FootnoteDefinition, scene: Scene, listDepth: number): void {
  scene.page.write(`[${node.label ?? node.identifier}] `);
  renderBlocks(node.children, scene, 2, listDepth);
}
