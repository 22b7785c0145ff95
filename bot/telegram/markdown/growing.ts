/**
 * A Markdown document that grows, rendered at the cost of what is new: blocks
 * that nothing can change any more are rendered once. Promises that what it gives
 * depends on the text alone, not on how it grew; that it never throws; and that a
 * text of any length takes bounded time: from where a block is too long or too
 * tangled to be parsed, the rest is shown as it is written. Knows no messages.
 */
import type { Nodes, RootContent } from "mdast";
import { isInvisible } from "../clean.ts";
import { join, plain, type Formatted } from "../formatted.ts";
import { renderBlock } from "./blocks.ts";
import { type CodeBlock, codeBlocksIn } from "./code-blocks.ts";
import { Page } from "./page.ts";
import { firstCostly, maxParsedUnits, parseMarkdown } from "../../parse-markdown.ts";
import { findDefinitions, type Scene } from "./scene.ts";
import { maxLabelUnits, mayDefine, stablePrefix } from "./stable-prefix.ts";

/** What was rendered of a passage: how it looks, and its blocks of code. */
export interface RenderedBlocks {
  readonly content: Formatted;
  readonly codes: readonly CodeBlock[];
}

/** How a document looks now: what is settled, then what is open, joined by blank lines. */
export interface Grown {
  /** What was settled before is void: `settled` begins anew. */
  readonly isAnew: boolean;
  /** What nothing can change any more, and was not told yet. */
  readonly settled: readonly RenderedBlocks[];
  readonly open: RenderedBlocks;
}

export interface GrowingMarkdown {
  /** Renders the whole document as it is now; any other text than a longer one is a new document. */
  grow(markdown: string): Grown;
}

/** How much is parsed at a time; doubled while no block ends in it. */
const STEP_UNITS = 8_192;

/** Begins a document. */
export function createGrowingMarkdown(): GrowingMarkdown {
  let seen = "";
  let place = START;
  let hasDefinitions = false;

  return {
    grow(markdown) {
      // Compared, not parsed: 100 KB take microseconds.
      let isAnew = !markdown.startsWith(seen);
      if (isAnew) [seen, place, hasDefinitions] = ["", START, false];
      hasDefinitions ||= mayDefine(markdown, Math.max(0, seen.length - maxLabelUnits));
      seen = markdown;
      if (hasDefinitions) {
        isAnew ||= place.start > 0;
        place = START;
        return { isAnew, settled: [], open: renderWhole(markdown) };
      }
      const { next, settled, open } = renderFrom(markdown, place);
      place = next;
      return { isAnew, settled, open };
    },
  };
}

/** A fresh start, and how much is parsed from there: in less, no block ends. */
interface Place {
  readonly start: number;
  readonly units: number;
}

const START: Place = { start: 0, units: STEP_UNITS };

/** Renders from a fresh start on, as far as it is stable and beyond. */
function renderFrom(markdown: string, from: Place): Omit<Grown, "isAnew"> & { readonly next: Place } {
  const settled: RenderedBlocks[] = [];
  let { start, units } = from;
  for (;;) {
    if (units > maxParsedUnits) break;
    const { run, isCostly } = affordable(markdown.slice(start, start + units));
    const tree = parseMarkdown(run);
    const stable = tree === undefined ? 0 : stablePrefix(tree, run);
    if (tree === undefined || (stable === 0 && isCostly)) break;
    const blocks = tree.children.map((block) => ({ block, at: block.position?.start.offset ?? 0 }));
    const closed = blocks.filter(({ at }) => at < stable).map(({ block }) => block);
    if (closed.length > 0) settled.push(renderBlocks(closed, run));
    start += stable;
    if (!isCostly && start - stable + run.length === markdown.length) {
      const last = blocks.filter(({ at }) => at >= stable).map(({ block }) => block);
      const next = { start, units: stable === 0 ? units : STEP_UNITS };
      return { settled, next, open: renderBlocks(last, run) };
    }
    units = stable === 0 ? units * 2 : STEP_UNITS;
  }
  return { settled, next: { start, units }, open: unformatted(markdown.slice(start)) };
}

/** As much of `piece` as can be parsed: up to what is too tangled, and of that the first line, which shows where a block begins. */
function affordable(piece: string): { run: string; isCostly: boolean } {
  const whole = piece.toWellFormed();
  const costly = firstCostly(whole);
  if (costly === undefined) return { run: whole, isCostly: false };
  const withLine = whole.slice(0, whole.indexOf("\n", costly + 1) + 1);
  const isLineShort = withLine !== "" && firstCostly(withLine) === undefined;
  return { run: isLineShort ? withLine : whole.slice(0, costly), isCostly: true };
}

/** All at once: a definition anywhere changes what is written anywhere. */
function renderWhole(markdown: string): RenderedBlocks {
  const source = markdown.toWellFormed();
  const tree = parseMarkdown(source);
  return tree === undefined ? unformatted(source) : renderBlocks(tree.children, source);
}

function renderBlocks(blocks: readonly RootContent[], source: string): RenderedBlocks {
  const definitions = findDefinitions({ type: "root", children: [...blocks] });
  // A page for each block, so that a block's text does not depend on its
  // neighbours: what `stablePrefix` promises rests on it.
  const contents = blocks.map((node) => {
    const page = new Page();
    const scene: Scene = { page, source, definitions, depth: 0, isInLink: false, isInQuote: false };
    renderBlock(node, scene);
    return visible(page.finish());
  });
  const codes = blocks.flatMap((node: Nodes) => codeBlocksIn(node));
  return { content: join(contents, "\n\n"), codes };
}

function unformatted(source: string): RenderedBlocks {
  const page = new Page();
  page.writeRaw(plain(source).text);
  return { content: visible(page.finish()), codes: [] };
}

const visible = (content: Formatted): Formatted => (isInvisible(content.text) ? plain("") : content);
