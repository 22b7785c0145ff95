/**
 * A model's Markdown as the blocks of a rich message, where it has what plain
 * text can only imitate: a table, or a list of tasks. Built from the same tree as
 * the plain text; nothing the model wrote is handed on to be parsed.
 */
import type {
  BlockContent,
  Definition,
  DefinitionContent,
  List,
  ListItem,
  Nodes,
  Root,
  RootContent,
  Table,
} from "mdast";
import { cleanText } from "../clean.ts";
import { fitsRichMessage, type RichBlock, type RichCell, type RichItem } from "../rich.ts";
import { htmlText } from "./inlines.ts";
import { codeLanguage } from "./code-blocks.ts";
import { parseMarkdown } from "../../parse-markdown.ts";
import { isBlank, richInlines, type RichScene } from "./rich-inlines.ts";
import { findDefinitions } from "./scene.ts";

type Block = RootContent | BlockContent | DefinitionContent;

/** More Markdown than this is more text than one message holds. */
const MAX_UNITS = 60_000;
/** Deeper trees are none that Telegram takes. */
const MAX_DEPTH = 24;

/** The blocks of `markdown`; undefined where plain text says it as well, or one message cannot hold it. */
export function richBlocks(markdown: string): RichBlock[] | undefined {
  // Looked at twice before it is parsed: that takes a while for a long text, and most have neither.
  if (markdown.length > MAX_UNITS || !/\||\[[ x]\]/i.test(markdown)) return undefined;
  const source = markdown.toWellFormed();
  const tree = parseMarkdown(source);
  if (tree === undefined || !isWorthIt(tree)) return undefined;
  const definitions: ReadonlyMap<string, Definition> = findDefinitions(tree);
  const blocks = blocksOf(tree.children, { source, definitions });
  return fitsRichMessage(blocks) ? blocks : undefined;
}

function isWorthIt(tree: Root): boolean {
  let isFound = false;
  const open: [node: Nodes, depth: number][] = [[tree, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, depth] = next;
    if (depth > MAX_DEPTH) return false;
    if (node.type === "table" || (node.type === "listItem" && typeof node.checked === "boolean"))
      isFound = true;
    if ("children" in node) for (const child of node.children) open.push([child, depth + 1]);
  }
  return isFound;
}

function blocksOf(nodes: readonly Block[], scene: RichScene): RichBlock[] {
  return nodes.flatMap((node) => blockOf(node, scene));
}

function blockOf(node: Block, scene: RichScene): RichBlock[] {
  switch (node.type) {
    case "paragraph":
    case "heading": {
      const text = richInlines(node.children, scene);
      if (isBlank(text)) return [];
      return [
        node.type === "heading" ? { type: "heading", text, size: node.depth } : { type: "paragraph", text },
      ];
    }
    case "thematicBreak":
      return [{ type: "divider" }];
    case "code": {
      const text = cleanText(node.value);
      const language = codeLanguage(node);
      if (isBlank(text)) return [];
      return [language === undefined ? { type: "pre", text } : { type: "pre", text, language }];
    }
    case "list":
      return [{ type: "list", items: node.children.map((item, index) => itemOf(item, node, index, scene)) }];
    case "blockquote": {
      const blocks = blocksOf(node.children, scene);
      return blocks.length === 0 ? [] : [{ type: "blockquote", blocks }];
    }
    case "table":
      return [{ type: "table", cells: cellsOf(node, scene), is_bordered: true, is_compact: true }];
    case "html": {
      const text = cleanText(htmlText(node.value));
      return isBlank(text) ? [] : [{ type: "paragraph", text }];
    }
    case "footnoteDefinition": {
      const mark: RichBlock = { type: "paragraph", text: cleanText(`[${node.label ?? node.identifier}]`) };
      return [mark, ...blocksOf(node.children, scene)];
    }
    default:
      return [];
  }
}

function itemOf(item: ListItem, list: List, index: number, scene: RichScene): RichItem {
  const blocks = blocksOf(item.children, scene);
  return {
    // An item that says nothing still counts in its list.
    blocks: blocks.length > 0 ? blocks : [{ type: "paragraph", text: "…" }],
    ...(typeof item.checked === "boolean" ? { has_checkbox: true as const } : {}),
    ...(item.checked === true ? { is_checked: true as const } : {}),
    ...(list.ordered === true ? { value: (list.start ?? 1) + index, type: "1" as const } : {}),
  };
}

function cellsOf(table: Table, scene: RichScene): RichCell[][] {
  const columns = Math.max(...table.children.map((row) => row.children.length));
  return table.children.map((row, at) =>
    Array.from({ length: columns }, (_, column): RichCell => {
      const cell = row.children[column];
      return {
        text: cell === undefined ? "" : richInlines(cell.children, scene),
        ...(at === 0 ? { is_header: true as const } : {}),
        align: table.align?.[column] ?? "left",
        valign: "top",
      };
    }),
  );
}
