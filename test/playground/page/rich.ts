/**
 * The blocks of a rich message → nodes. Only the kinds the bot makes; of any
 * other the words are shown, so that nothing is silently left out.
 */
import { make } from "./dom.ts";
import { drawCode, drawFolded, drawLink, type TextContext } from "./entities.ts";

type Value = Readonly<Record<string, unknown>>;

const isValue = (value: unknown): value is Value =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const tags: Readonly<Record<string, keyof HTMLElementTagNameMap>> = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
  subscript: "sub",
  superscript: "sup",
  marked: "mark",
  spoiler: "span",
};

/** The nodes of a rich message; `rich` is what the bot gave. */
export function drawRich(rich: unknown, context: TextContext, key: string): Node[] {
  return drawBlocks(isValue(rich) ? rich["blocks"] : rich, context, key);
}

function drawBlocks(blocks: unknown, context: TextContext, key: string): Node[] {
  return listOf(blocks).map((block, at) => drawBlock(isValue(block) ? block : {}, context, `${key}:${at}`));
}

function drawBlock(block: Value, context: TextContext, key: string): Node {
  const text = (): Node[] => drawRichText(block["text"], context);
  switch (block["type"]) {
    case "heading": {
      const level = Math.min(6, Math.max(3, Number(block["size"] ?? 1) + 2)) as 3 | 4 | 5 | 6;
      return make(`h${level}`, {}, ...text());
    }
    case "pre":
      return drawCode(
        wordsOf(block["text"]),
        typeof block["language"] === "string" ? block["language"] : undefined,
        context,
      );
    case "divider":
      return make("hr");
    case "list":
      return drawList(block, context, key);
    case "table":
      return drawTable(block, context);
    case "details":
      return make(
        "details",
        { open: block["is_open"] === true },
        make("summary", {}, ...drawRichText(block["summary"], context)),
        ...drawBlocks(block["blocks"], context, key),
      );
    case "blockquote":
      return make("blockquote", {}, ...drawBlocks(block["blocks"], context, key));
    case "expandable_blockquote":
      return drawFolded(
        block["blocks"] === undefined ? text() : drawBlocks(block["blocks"], context, key),
        key,
        context,
      );
    case "footer":
      return make("p", { class: "small" }, ...text());
    default:
      return make(
        "p",
        {},
        ...(block["text"] === undefined ? drawBlocks(block["blocks"], context, key) : text()),
      );
  }
}

function drawList(block: Value, context: TextContext, key: string): HTMLElement {
  const items = listOf(block["items"]).filter(isValue);
  const isNumbered = items.some((item) => item["value"] !== undefined || item["type"] !== undefined);
  const list = make(isNumbered ? "ol" : "ul", {});
  for (const [at, item] of items.entries()) {
    const mark =
      item["has_checkbox"] === true
        ? make(
            "span",
            { class: "tick", role: "img", "aria-label": item["is_checked"] === true ? "done" : "open" },
            item["is_checked"] === true ? "☑" : "☐",
          )
        : undefined;
    const value = typeof item["value"] === "number" ? item["value"] : undefined;
    list.append(
      make(
        "li",
        { class: mark === undefined ? undefined : "task", value },
        mark,
        make("div", {}, ...drawBlocks(item["blocks"], context, `${key}:${at}`)),
      ),
    );
  }
  return list;
}

function drawTable(block: Value, context: TextContext): HTMLElement {
  const rows = listOf(block["cells"]).map((row) =>
    make(
      "tr",
      {},
      ...listOf(row)
        .filter(isValue)
        .map((cell) =>
          make(
            cell["is_header"] === true ? "th" : "td",
            {
              class: `align-${["left", "center", "right"].find((side) => side === cell["align"]) ?? "left"}`,
            },
            ...drawRichText(cell["text"], context),
          ),
        ),
    ),
  );
  return make(
    "div",
    { class: "table", tabindex: 0, role: "region", "aria-label": "Table" },
    make("table", {}, make("tbody", {}, ...rows)),
  );
}

function drawRichText(text: unknown, context: TextContext): Node[] {
  if (typeof text === "string") return [document.createTextNode(text)];
  if (Array.isArray(text)) return text.flatMap((one) => drawRichText(one, context));
  if (!isValue(text)) return [];
  const children = drawRichText(text["text"], context);
  if (text["type"] === "url" && typeof text["url"] === "string") return [drawLink(text["url"], children)];
  const tag = tags[String(text["type"])];
  return tag === undefined ? children : [make(tag, {}, ...children)];
}

function wordsOf(text: unknown): string {
  if (typeof text === "string") return text;
  if (Array.isArray(text)) return text.map(wordsOf).join("");
  return isValue(text) ? wordsOf(text["text"]) : "";
}
