/** Rows → a table, for a terminal or as Markdown. Pure. */
import stringWidth from "string-width";
import { median, type Row } from "./row.ts";

const HEAD = ["measured", "ours", "theirs", "ratio", "limit", "goal"];

/** The table, a line each. Numbers are medians, with the range behind them. */
export function renderTable(rows: readonly Row[], isMarkdown: boolean): string[] {
  const escaped = (text: string): string => (isMarkdown ? text.replaceAll("|", "\\|") : text);
  const cells = [HEAD, ...rows.map(cellsOf)].map((row) => row.map(escaped));
  const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => stringWidth(row[column] ?? ""))));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - stringWidth(cell))).join(" | ");
  const rule = widths.map((width) => "-".repeat(width)).join(" | ");
  const [head = [], ...body] = cells;
  const lines = [line(head), rule, ...body.map(line)];
  return isMarkdown ? lines.map((text) => `| ${text} |`) : lines.map((text) => text.trimEnd());
}

function cellsOf({ name, unit, ours, theirs, limit, goal }: Row): string[] {
  const ratio = theirs === undefined ? "" : `${(median(ours) / median(theirs)).toFixed(2)} ×`;
  return [name, spread(ours, unit), spread(theirs, unit), ratio, spread(limit, unit), goal ?? ""];
}

function spread(values: readonly number[] | undefined, unit: string): string {
  if (values === undefined || values.length === 0) return "";
  const [first, last] = [Math.min(...values), Math.max(...values)];
  const range = values.length === 1 ? "" : ` (${short(first)}–${short(last)})`;
  return `${short(median(values))} ${unit}${range}`;
}

/** Three digits are more than the noise leaves. */
function short(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
}
