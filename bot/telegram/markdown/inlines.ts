/**
 * Text inside a block: emphasis, code, links, images, line breaks. What has
 * no form in Telegram is shown so that nothing the model wrote is lost.
 */
import type { Emphasis, Image, ImageReference, Link, LinkReference, PhrasingContent, Strong } from "mdast";
import { isInvisible } from "../clean.ts";
import { linkUrl } from "./link-url.ts";
import { deeper, sourceOf, type Scene } from "./scene.ts";
import type { Style } from "./page.ts";

// An image as a data: URL has thousands of characters nobody reads, and a
// long target named by a thousand short references would swell without bound.
const maxTargetUnits = 300;

export function renderInlines(nodes: readonly PhrasingContent[], scene: Scene): void {
  const inner = deeper(scene);
  for (const node of nodes)
    if (inner === undefined) scene.page.write(sourceOf(node, scene));
    else renderInline(node, inner);
}

/** The words of an image, with its sign. */
export function imageLabel(node: Image | ImageReference): string {
  return `🖼 ${isInvisible(node.alt ?? "") ? "image" : node.alt}`;
}

/** A target in brackets, cut where it is long. */
export function printedTarget(target: string): string {
  return target.length > maxTargetUnits ? `${target.slice(0, maxTargetUnits)}…`.toWellFormed() : target;
}

/** HTML as it is written, but for the one tag that has a plain meaning. */
export function htmlText(html: string): string {
  return html.replaceAll(/<br *\/?>/gi, "\n");
}

/** Does the label only repeat the target, as in a bare URL or address? */
export function isBare(label: string, target: string): boolean {
  return [target, target.replace(/^mailto:/i, ""), target.replace(/^http:\/\//i, "")].includes(label);
}

function renderInline(node: PhrasingContent, scene: Scene): void {
  const { page } = scene;
  switch (node.type) {
    case "text":
      page.write(node.value);
      break;
    case "strong":
    case "emphasis":
      renderEmphasis(node, scene);
      break;
    case "delete":
      styled({ type: "strikethrough" }, node.children, scene);
      break;
    case "inlineCode":
      renderCode(node.value, scene);
      break;
    case "break":
      page.write("\n");
      break;
    case "html":
      page.write(htmlText(node.value));
      break;
    case "link":
    case "linkReference":
    case "image":
    case "imageReference":
      renderReference(node, scene);
      break;
    case "footnoteReference":
      page.write(`[${node.label ?? node.identifier}]`);
      break;
    default:
      node satisfies never;
  }
}

/**
 * Between signs of a sum the stars are no emphasis, whatever CommonMark says:
 * "2*3*4" must not become "234".
 */
export function isProduct(node: Strong | Emphasis, source: string): boolean {
  const start = node.position?.start.offset ?? 0;
  const end = node.position?.end.offset ?? 0;
  const around = `${source.charAt(start - 1)}${source.charAt(end)}`;
  return source.startsWith("*", start) && (node.type === "strong" ? /^\d\d$/ : /^\w\w$/).test(around);
}

function renderEmphasis(node: Strong | Emphasis, scene: Scene): void {
  const { source, page } = scene;
  if (!isProduct(node, source)) {
    styled({ type: node.type === "strong" ? "bold" : "italic" }, node.children, scene);
    return;
  }
  const stars = node.type === "strong" ? "**" : "*";
  page.write(stars);
  renderInlines(node.children, scene);
  page.write(stars);
}

function styled(style: Style, children: readonly PhrasingContent[], scene: Scene): void {
  const start = scene.page.mark();
  renderInlines(children, scene);
  scene.page.style(start, style);
}

function renderCode(value: string, { page, isInLink }: Scene): void {
  const start = page.mark();
  page.write(value);
  // Telegram keeps either the link or the code; the link can do more.
  if (!isInLink) page.style(start, { type: "code" });
}

function renderReference(node: Link | LinkReference | Image | ImageReference, scene: Scene): void {
  const { page } = scene;
  const target = targetOf(node, scene);
  const start = page.mark();
  if (node.type === "image" || node.type === "imageReference") page.write(imageLabel(node));
  else renderInlines(node.children, { ...scene, isInLink: true });
  if (target === undefined || scene.isInLink) return;
  const label = page.since(start);
  const url = linkUrl(target);
  if (isBare(label, target)) return;
  if (isInvisible(label)) page.write(printedTarget(target));
  else if (url !== undefined) page.style(start, { type: "text_link", url });
  else page.write(` (${printedTarget(target)})`);
}

function targetOf(node: Link | LinkReference | Image | ImageReference, scene: Scene): string | undefined {
  const target = "url" in node ? node.url : scene.definitions.get(node.identifier)?.url;
  return target === undefined || target === "" ? undefined : target;
}
