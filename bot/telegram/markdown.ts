/**
 * A model's Markdown as Telegram text with entities. Promises: never throws,
 * and whatever is written, also half-written as it streams, Telegram takes it
 * and changes nothing of it (but for its length: see `split.ts`). Nothing in it
 * becomes a mention, a button or a command by our doing. Knows no messages.
 */
import type { Root } from "mdast";
import { isInvisible } from "./clean.ts";
import { join, plain, type Formatted } from "./formatted.ts";
import { renderBlock } from "./markdown/blocks.ts";
import { Page } from "./markdown/page.ts";
import { parseMarkdown } from "./markdown/parse.ts";
import { findDefinitions, type Scene } from "./markdown/scene.ts";

/**
 * Renders a whole document, or as much of it as has come. Empty text where
 * there is nothing to see. Very long or very tangled input comes back plain.
 */
export function renderMarkdown(markdown: string): Formatted {
  const source = markdown.toWellFormed();
  const tree = parseMarkdown(source);
  return tree === undefined ? unformatted(source) : renderTree(tree, source);
}

function renderTree(tree: Root, source: string): Formatted {
  const definitions = findDefinitions(tree);
  // A page for each block, so that a block's text does not depend on its
  // neighbours: what `stablePrefix` promises rests on it.
  const blocks = tree.children.map((node) => {
    const page = new Page();
    const scene: Scene = {
      page,
      source,
      definitions,
      depth: 0,
      isInLink: false,
      isInQuote: false,
    };
    renderBlock(node, scene);
    return visible(page.finish());
  });
  return join(blocks, "\n\n");
}

function unformatted(source: string): Formatted {
  const page = new Page();
  page.writeRaw(plain(source).text);
  return visible(page.finish());
}

const visible = (content: Formatted): Formatted => (isInvisible(content.text) ? plain("") : content);
