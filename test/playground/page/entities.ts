/**
 * Text with entities → nodes. Entities nest; those that cross are cut at the
 * outer one's end. What is not known is shown as plain text.
 */
import type { WireEntity } from "../wire.ts";
import { icon, make, makeButton } from "./dom.ts";

/** What a text needs of its surroundings. */
export interface TextContext {
  /** The bot's commands: they can be tapped in its texts. */
  readonly commands: ReadonlySet<string>;
  readonly onCommand: (command: string) => void;
  readonly onCopied: () => void;
  /** What was unfolded or uncovered stays so when the text is drawn again. */
  readonly opened: Set<string>;
}

const blocks = new Set(["pre", "blockquote", "expandable_blockquote"]);
const tags: Readonly<Record<string, keyof HTMLElementTagNameMap>> = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
};

/** The nodes of a text. `key` names it among the things that can be opened. */
export function drawText(
  text: string,
  entities: readonly WireEntity[],
  context: TextContext,
  key: string,
): Node[] {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return drawRange(text, 0, text.length, sorted, context, key);
}

function drawRange(
  text: string,
  from: number,
  to: number,
  entities: readonly WireEntity[],
  context: TextContext,
  key: string,
): Node[] {
  const nodes: Node[] = [];
  let at = from;
  let isAfterBlock = false;
  let rest = entities;
  const plain = (end: number, isBeforeBlock: boolean): void => {
    let piece = text.slice(at, end);
    // A block stands on lines of its own, with room around: the empty line beside it would be one too many.
    if (isAfterBlock) piece = piece.replace(/^\n{1,2}/, "");
    if (isBeforeBlock) piece = piece.replace(/\n{1,2}$/, "");
    if (piece !== "") nodes.push(...drawPlain(piece, context));
  };
  while (rest.length > 0) {
    const [entity, ...others] = rest as [WireEntity, ...WireEntity[]];
    const start = Math.max(entity.offset, at);
    const end = Math.min(entity.offset + entity.length, to);
    if (end <= start) {
      rest = others;
      continue;
    }
    const isBlock = blocks.has(entity.type);
    plain(start, isBlock);
    const inner = others.filter(({ offset }) => offset < end);
    // What begins inside and ends outside goes on behind.
    const crossing = inner
      .filter(({ offset, length }) => offset + length > end)
      .map((one) => ({ ...one, offset: end, length: one.offset + one.length - end }));
    nodes.push(drawEntity(text, { ...entity, offset: start, length: end - start }, inner, context, key));
    at = end;
    isAfterBlock = isBlock;
    rest = [...crossing, ...others.filter(({ offset }) => offset >= end)].sort((a, b) => a.offset - b.offset);
  }
  plain(to, false);
  return nodes;
}

function drawEntity(
  text: string,
  entity: WireEntity,
  inner: readonly WireEntity[],
  context: TextContext,
  key: string,
): Node {
  const { type, offset, length } = entity;
  const end = offset + length;
  const words = text.slice(offset, end);
  const children = (): Node[] => drawRange(text, offset, end, inner, context, key);
  const tag = tags[type];
  if (type === "code") return make("code", {}, words);
  if (tag !== undefined) return make(tag, {}, ...children());
  const name = `${key}:${type}:${offset}`;
  switch (type) {
    case "pre":
      return drawCode(words, entity.language, context);
    case "blockquote":
      return make("blockquote", {}, ...children());
    case "expandable_blockquote":
      return drawFolded(children(), name, context);
    case "spoiler":
      return drawSpoiler(children(), name, context);
    case "text_link":
    case "url":
      return drawLink(entity.url ?? words, children());
    default:
      return make("span", {}, ...children());
  }
}

/** A block of code, with its language and a way to copy it. */
export function drawCode(code: string, language: string | undefined, context: TextContext): HTMLElement {
  const copy = makeButton(
    { class: "copy", "aria-label": "Copy this block" },
    () => void navigator.clipboard.writeText(code).then(context.onCopied),
    icon("copy"),
  );
  const head = make(
    "figcaption",
    { class: language ? undefined : "bare" },
    make("span", {}, language ?? ""),
    copy,
  );
  const body = make(
    "pre",
    { tabindex: 0, "aria-label": language ? `Code, ${language}` : "Code" },
    make("code", {}, code),
  );
  return make("figure", { class: "code" }, head, body);
}

/** A quote of which only the beginning is seen until it is opened. */
export function drawFolded(children: readonly Node[], name: string, { opened }: TextContext): HTMLElement {
  const quote = make("blockquote", { class: "folding" }, make("div", { class: "folded" }, ...children));
  const toggle = makeButton({ class: "unfold" }, () => {
    if (!opened.delete(name)) opened.add(name);
    show();
  });
  const show = (): void => {
    const isOpen = opened.has(name);
    quote.classList.toggle("open", isOpen);
    toggle.setAttribute("aria-expanded", String(isOpen));
    toggle.textContent = isOpen ? "Show less" : "Show more";
  };
  show();
  quote.append(toggle);
  // Only once it stands in the page can be seen whether anything is hidden.
  new ResizeObserver(() => {
    const [inner] = quote.children;
    if (inner === undefined || opened.has(name)) return;
    toggle.hidden = inner.scrollHeight <= inner.clientHeight + 1;
  }).observe(quote);
  return quote;
}

function drawSpoiler(children: readonly Node[], name: string, { opened }: TextContext): HTMLElement {
  const cover = make(
    "span",
    { class: "spoiler", role: "button", tabindex: 0, "aria-label": "Hidden text" },
    ...children,
  );
  const uncover = (): void => {
    opened.add(name);
    cover.classList.add("open");
    for (const attribute of ["role", "tabindex", "aria-label"]) cover.removeAttribute(attribute);
  };
  if (opened.has(name)) uncover();
  cover.addEventListener("click", uncover);
  cover.addEventListener("keydown", ({ key }) => {
    if (key === "Enter" || key === " ") uncover();
  });
  return cover;
}

/** A link, if it leads to where a link may lead; else its words. */
export function drawLink(address: string, children: readonly Node[]): HTMLElement {
  const isSafe = /^(?:https?|mailto|tg|tel):/i.test(address);
  if (!isSafe) return make("span", {}, ...children);
  return make("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

/** Plain text, in which addresses and the bot's commands are live, as Telegram makes them. */
function drawPlain(text: string, { commands, onCommand }: TextContext): Node[] {
  const nodes: Node[] = [];
  let at = 0;
  for (const match of text.matchAll(
    /https?:\/\/[^\s<>"]+[^\s<>".,!?)]|(?<![\w/.])\/([a-z0-9_]{1,32})(?![\w/.-])/g,
  )) {
    const [found, command] = match;
    if (command !== undefined && !commands.has(command)) continue;
    nodes.push(document.createTextNode(text.slice(at, match.index)));
    nodes.push(
      command === undefined
        ? drawLink(found, [document.createTextNode(found)])
        : makeButton({ class: "command" }, () => onCommand(found), found),
    );
    at = match.index + found.length;
  }
  nodes.push(document.createTextNode(text.slice(at)));
  return nodes;
}
