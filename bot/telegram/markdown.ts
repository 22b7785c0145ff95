/**
 * A model's Markdown as Telegram text with entities. Promises: never throws,
 * and whatever is written, also half-written as it streams, Telegram takes it
 * and changes nothing of it (but for its length: see `split.ts`). Nothing in it
 * becomes a mention, a button or a command by our doing. Knows no messages.
 */
import { type Formatted, join } from "./formatted.ts";
import { createGrowingMarkdown } from "./markdown/growing.ts";

/**
 * Renders a whole document, or as much of it as has come. Empty text where
 * there is nothing to see. What is very long or very tangled comes back plain.
 */
export function renderMarkdown(markdown: string): Formatted {
  const { settled, open } = createGrowingMarkdown().grow(markdown);
  return join(
    [...settled, open].map(({ content }) => content),
    "\n\n",
  );
}
