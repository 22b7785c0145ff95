/**
 * A model's Markdown → HTML that is safe to open: the tree is written out tag by
 * tag, and every word of it is escaped; raw HTML in it is shown as text, a link
 * leads to the web or nowhere. Pure. What cannot be parsed is shown as it is.
 */
import type { Nodes, Parents, TableCell, TableRow } from "mdast";
import { parseMarkdown } from "../../parse-markdown.ts";

/** Text for any place in a page: between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/(?![\t\n\r])\p{Cc}/gu, "")
    .replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Renders a text of any length. */
export function markdownToHtml(markdown: string): string {
  const text = markdown.toWellFormed();
  const tree = parseMarkdown(text);
  return tree === undefined ? `<pre>${escapeHtml(text)}</pre>` : inside(tree);
}

const PLAIN_TAGS: Partial<Record<Nodes["type"], string>> = {
  paragraph: "p",
  blockquote: "blockquote",
  listItem: "li",
  emphasis: "em",
  strong: "strong",
  delete: "del",
  tableCell: "td",
  tableRow: "tr",
};

function render(node: Nodes): string {
  const tag = PLAIN_TAGS[node.type];
  if (tag !== undefined && "children" in node) return `<${tag}>${inside(node)}</${tag}>`;
  switch (node.type) {
    case "text":
    case "html":
      return escapeHtml(node.value);
    case "inlineCode":
      return `<code>${escapeHtml(node.value)}</code>`;
    case "code":
      return `<pre><code>${escapeHtml(node.value)}</code></pre>`;
    case "heading":
      // The page's own are above.
      return `<h${Math.min(6, node.depth + 2)}>${inside(node)}</h${Math.min(6, node.depth + 2)}>`;
    case "list":
      return node.ordered === true
        ? `<ol start="${node.start ?? 1}">${inside(node)}</ol>`
        : `<ul>${inside(node)}</ul>`;
    case "table":
      return `<table>${node.children.map((row, at) => tableRow(row, at === 0)).join("")}</table>`;
    case "link":
      return link(node.url, inside(node));
    case "image":
      return link(node.url, escapeHtml(node.alt || node.url));
    case "break":
      return "<br>";
    case "thematicBreak":
      return "<hr>";
    case "imageReference":
      return escapeHtml(node.alt ?? "");
    default:
      return "children" in node ? inside(node) : "";
  }
}

function inside(node: Parents): string {
  return node.children.map((child) => render(child)).join("");
}

function tableRow({ children }: TableRow, isHead: boolean): string {
  const cell = (each: TableCell): string => (isHead ? `<th>${inside(each)}</th>` : render(each));
  return `<tr>${children.map(cell).join("")}</tr>`;
}

function link(url: string, shown: string): string {
  return isOfTheWeb(url)
    ? `<a href="${escapeHtml(url)}" rel="noopener noreferrer nofollow">${shown}</a>`
    : `${shown} <code>${escapeHtml(url)}</code>`;
}

function isOfTheWeb(url: string): boolean {
  try {
    return ["http:", "https:", "mailto:"].includes(new URL(url).protocol);
  } catch {
    return false;
  }
}
