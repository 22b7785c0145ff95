/**
 * A rich message as the Bot API takes it (10.2 and later): blocks and texts as
 * plain data, never markup to be parsed. Only the kinds that we send.
 */

/** Text inside a block: plain, a row of texts, or a text that wears something. */
export type RichText =
  | string
  | readonly RichText[]
  | { readonly type: "bold" | "italic" | "strikethrough" | "code"; readonly text: RichText }
  | { readonly type: "url"; readonly text: RichText; readonly url: string };

export interface RichCell {
  readonly text: RichText;
  readonly is_header?: true;
  readonly align: "left" | "center" | "right";
  readonly valign: "top";
}

export interface RichItem {
  readonly blocks: readonly RichBlock[];
  readonly has_checkbox?: true;
  readonly is_checked?: true;
  /** The number of an item in an ordered list. */
  readonly value?: number;
  readonly type?: "1";
}

export type RichBlock =
  | { readonly type: "paragraph"; readonly text: RichText }
  | { readonly type: "heading"; readonly text: RichText; readonly size: 1 | 2 | 3 | 4 | 5 | 6 }
  | { readonly type: "pre"; readonly text: RichText; readonly language?: string }
  | { readonly type: "divider" }
  | { readonly type: "list"; readonly items: readonly RichItem[] }
  | { readonly type: "blockquote"; readonly blocks: readonly RichBlock[] }
  | { readonly type: "details"; readonly summary: RichText; readonly blocks: readonly RichBlock[] }
  | {
      readonly type: "table";
      readonly cells: readonly (readonly RichCell[])[];
      readonly is_bordered: true;
      readonly is_compact: true;
    };

/** What Telegram takes: 32,768 characters, 500 blocks, 16 levels, 20 columns. With room for the mark of a repeat and a footer, and for counting levels in another way. */
const LIMITS = { units: 30_000, blocks: 460, levels: 14, columns: 20 };

/** Whether one message can hold all of it. */
export function fitsRichMessage(blocks: readonly RichBlock[]): boolean {
  const size = blocks.map(sizeOf).reduce(together, NOTHING);
  return (
    size.units > 0 &&
    size.units <= LIMITS.units &&
    size.blocks <= LIMITS.blocks &&
    size.levels <= LIMITS.levels &&
    size.columns <= LIMITS.columns
  );
}

interface Size {
  readonly units: number;
  readonly blocks: number;
  readonly levels: number;
  readonly columns: number;
}

const NOTHING: Size = { units: 0, blocks: 0, levels: 0, columns: 0 };

function sizeOf(block: RichBlock): Size {
  const one: Size = { ...NOTHING, blocks: 1 };
  switch (block.type) {
    case "divider":
      return within(one, []);
    case "paragraph":
    case "heading":
    case "pre":
      return within(one, [textSize(block.text)]);
    case "blockquote":
      return within(one, block.blocks.map(sizeOf));
    case "details":
      return within(one, [textSize(block.summary), ...block.blocks.map(sizeOf)]);
    case "list":
      return within(
        one,
        block.items.map((item) => within(one, item.blocks.map(sizeOf))),
      );
    case "table": {
      const columns = Math.max(0, ...block.cells.map((row) => row.length));
      const rows = block.cells.map((row) =>
        within(
          one,
          row.map(({ text }) => textSize(text)),
        ),
      );
      return within({ ...one, columns }, rows);
    }
  }
}

function textSize(text: RichText): Size {
  if (typeof text === "string") return { ...NOTHING, units: text.length };
  if ("type" in text) return within(NOTHING, [textSize(text.text)]);
  return text.map(textSize).reduce(together, NOTHING);
}

/** What lies in something is one level deeper than it. */
function within(outer: Size, inner: readonly Size[]): Size {
  const all = inner.reduce(together, NOTHING);
  return together(outer, { ...all, levels: all.levels + 1 });
}

function together(one: Size, other: Size): Size {
  return {
    units: one.units + other.units,
    blocks: one.blocks + other.blocks,
    levels: Math.max(one.levels, other.levels),
    columns: Math.max(one.columns, other.columns),
  };
}
