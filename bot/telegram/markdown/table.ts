/**
 * Tables: one aligned block of fixed-width text, and below it the links its
 * cells held, since code holds no links. Columns are as wide as they look
 * (CJK and emoji take two places), not as many units as they have. One that is
 * wider than a phone would be broken line by line there: it is told row by row.
 */
import type { AlignType, PhrasingContent, Table } from "mdast";
import stringWidth from "string-width";
import { cleanText, keepIndent } from "../clean.ts";
import { imageLabel, isBare, printedTarget, renderInlines } from "./inlines.ts";
import { linkUrl } from "./link-url.ts";
import { deeper, sourceOf, type Scene } from "./scene.ts";

// A longer cell sticks out instead of padding every other row of its column:
// one of thousands of units would otherwise swell the whole table by them.
const maxPaddedWidth = 60;

// About what a phone shows of fixed-width text in one line.
const maxPhoneWidth = 46;
// A name of a column stands in each row; one that is longer would swell the text.
const maxNameUnits = 40;
// Each bold name takes one of the entities a message may have.
const maxBoldRows = 30;

interface CellLink {
  readonly label: string;
  readonly target: string;
}

export function renderTable(node: Table, scene: Scene): void {
  const { page } = scene;
  const links: CellLink[] = [];
  const rows = node.children.map((row) =>
    row.children.map((cell) => {
      const text = flatten(cell.children, scene, links);
      return cleanText(text).replaceAll("\n", " ").trim();
    }),
  );
  if (isTooWide(rows)) {
    renderRows(node, rows[0] ?? [], scene);
    return;
  }
  page.atMargin(() => {
    const start = page.mark();
    page.writeRaw(keepIndent(cleanText(draw(rows, node.align ?? []))));
    page.style(start, { type: "pre" });
  });
  const seen = new Set<string>();
  for (const link of links) {
    const key = `${link.label}\n${link.target}`;
    if (seen.has(key)) continue;
    seen.add(key);
    page.gap(1);
    renderLink(link, scene);
  }
}

function isTooWide(rows: readonly (readonly string[])[]): boolean {
  const [names = []] = rows;
  const width = widthsOf(rows).reduce((sum, each) => sum + each, 3 * (names.length - 1));
  return rows.length > 1 && width > maxPhoneWidth && names.every((name) => name.length <= maxNameUnits);
}

/** Row by row: the first cell as its title, the others below it with their column's name. */
function renderRows({ children: [, ...rows] }: Table, names: readonly string[], scene: Scene): void {
  const { page } = scene;
  for (const [at, row] of rows.entries()) {
    if (at > 0) page.gap(1);
    page.write("▪ ");
    page.indented("  ", () => {
      let isFirst = true;
      for (const [column, cell] of row.children.entries()) {
        if (cell.children.length === 0) continue;
        if (!isFirst) page.gap(1);
        if (names[column]) page.write(`${names[column]}: `);
        const start = page.mark();
        renderInlines(cell.children, scene);
        if (column === 0 && rows.length <= maxBoldRows) page.style(start, { type: "bold" });
        isFirst = false;
      }
    });
  }
}

function renderLink({ label, target }: CellLink, { page }: Scene): void {
  page.write("• ");
  if (isBare(label, target) || label === "") {
    page.write(printedTarget(target));
    return;
  }
  const url = linkUrl(target);
  const start = page.mark();
  page.write(label);
  if (url === undefined) page.write(` (${printedTarget(target)})`);
  else page.style(start, { type: "text_link", url });
}

/** The words of a cell; its links are added to `links`. */
function flatten(nodes: readonly PhrasingContent[], scene: Scene, links: CellLink[]): string {
  const inner = deeper(scene);
  let text = "";
  for (const node of nodes) {
    if (inner === undefined) text += sourceOf(node, scene);
    else text += flattenOne(node, inner, links);
  }
  return text;
}

function flattenOne(node: PhrasingContent, scene: Scene, links: CellLink[]): string {
  switch (node.type) {
    case "text":
    case "inlineCode":
      return node.value;
    case "html":
      return node.value.replaceAll(/<br *\/?>/gi, " ");
    case "break":
      return " ";
    case "strong":
    case "emphasis":
    case "delete":
      return flatten(node.children, scene, links);
    case "footnoteReference":
      return `[${node.label ?? node.identifier}]`;
    case "link":
    case "linkReference": {
      const label = flatten(node.children, scene, links);
      addLink(links, label, "url" in node ? node.url : scene.definitions.get(node.identifier)?.url);
      return label;
    }
    case "image":
    case "imageReference": {
      const label = imageLabel(node);
      addLink(links, label, "url" in node ? node.url : scene.definitions.get(node.identifier)?.url);
      return label;
    }
    default:
      node satisfies never;
      return "";
  }
}

function addLink(links: CellLink[], label: string, target: string | undefined): void {
  if (target !== undefined && target !== "")
    links.push({ label: cleanText(label).replaceAll("\n", " ").trim(), target });
}

function draw(rows: readonly (readonly string[])[], align: readonly AlignType[]): string {
  const widths = widthsOf(rows);
  const lines = rows.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, align[column] ?? "left"))
      .join(" │ ")
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => "─".repeat(width)).join("─┼─"));
  return lines.join("\n");
}

/** How wide each column is. */
function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 1, Math.min(maxPaddedWidth, widthOf(cell)));
  return widths;
}

function pad(cell: string, width: number, align: "left" | "right" | "center"): string {
  const missing = Math.max(0, width - widthOf(cell));
  const before = align === "right" ? missing : align === "center" ? Math.floor(missing / 2) : 0;
  return " ".repeat(before) + cell + " ".repeat(missing - before);
}

function widthOf(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : stringWidth(text);
}
