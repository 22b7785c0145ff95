/**
 * Text inside a block, as rich text: the same choices as `inlines.ts`, but a
 * rich text nests, so nothing has to be taken apart. Knows no blocks.
 */
import type { Definition, Image, ImageReference, Link, LinkReference, PhrasingContent } from "mdast";
import { cleanText, isInvisible } from "../clean.ts";
import type { RichText } from "../rich.ts";
import { htmlText, imageLabel, isProduct, printedTarget } from "./inlines.ts";
import { linkUrl } from "./link-url.ts";

/** What all renderers of one document share. */
export interface RichScene {
  readonly source: string;
  readonly definitions: ReadonlyMap<string, Definition>;
}

/** Children of a paragraph, a heading or a cell. */
export function richInlines(nodes: readonly PhrasingContent[], scene: RichScene): RichText {
  const texts = nodes.map((node) => richInline(node, scene)).filter((text) => text !== "");
  const [first = "", ...rest] = texts;
  return rest.length === 0 ? first : texts;
}

/** Whether there is anything to see. */
export function isBlank(text: RichText): boolean {
  return isInvisible(wordsOf(text));
}

function richInline(node: PhrasingContent, scene: RichScene): RichText {
  switch (node.type) {
    case "text":
      return cleanText(node.value);
    case "strong":
    case "emphasis": {
      const text = richInlines(node.children, scene);
      const stars = node.type === "strong" ? "**" : "*";
      if (isProduct(node, scene.source)) return [stars, text, stars];
      return { type: node.type === "strong" ? "bold" : "italic", text };
    }
    case "delete":
      return { type: "strikethrough", text: richInlines(node.children, scene) };
    case "inlineCode":
      return { type: "code", text: cleanText(node.value) };
    case "break":
      return "\n";
    case "html":
      return cleanText(htmlText(node.value));
    case "link":
    case "linkReference":
    case "image":
    case "imageReference":
      return reference(node, scene);
    case "footnoteReference":
      return cleanText(`[${node.label ?? node.identifier}]`);
  }
}

function reference(node: Link | LinkReference | Image | ImageReference, scene: RichScene): RichText {
  const target = "url" in node ? node.url : (scene.definitions.get(node.identifier)?.url ?? "");
  const isImage = node.type === "image" || node.type === "imageReference";
  const label = isImage ? cleanText(imageLabel(node)) : richInlines(node.children, scene);
  const words = wordsOf(label);
  if (target === "") return label;
  const url = linkUrl(target);
  const printed = cleanText(printedTarget(target));
  if (isInvisible(words)) return url === undefined ? printed : { type: "url", text: printed, url };
  if (url !== undefined) return { type: "url", text: label, url };
  return words === target || `mailto:${words}` === target ? label : [label, ` (${printed})`];
}

function wordsOf(text: RichText): string {
  if (typeof text === "string") return text;
  return "type" in text ? wordsOf(text.text) : text.map(wordsOf).join("");
}
