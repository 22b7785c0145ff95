/**
 * One message → one element. It is drawn anew whenever the message changed; what
 * was unfolded in it stays so.
 */
import type { WireButton, WireDraft, WireFile, WireMessage } from "../wire.ts";
import { icon, make, makeButton, sizeWords, timeWords } from "./dom.ts";
import { drawText, type TextContext } from "./entities.ts";
import { drawRich } from "./rich.ts";

/** What a bubble can ask for. */
export interface BubbleContext extends TextContext {
  readonly onPress: (message: WireMessage, row: number, column: number, button: HTMLButtonElement) => void;
  readonly onCopy: (text: string) => void;
  readonly onReply: (message: WireMessage) => void;
  readonly onEdit: (message: WireMessage) => void;
  readonly onShow: (id: number) => void;
  readonly onStop: (draft: number) => void;
  /** Something grew after it was drawn: a picture came. */
  readonly onGrown: () => void;
}

/** Whether the person can change the words of a message. */
export const isEditable = ({ isMine, text }: WireMessage): boolean => isMine && text !== "";

/** Draws a message. */
export function drawMessage(message: WireMessage, context: BubbleContext): HTMLElement {
  const { id, isMine, at, replyTo, photo, document, other, reactions, rows, service } = message;
  if (service !== undefined) return make("p", { class: "day" }, make("span", {}, service));
  const bubble = make("div", { class: "bubble" });
  if (replyTo !== undefined)
    bubble.append(
      makeButton(
        { class: "quoted", "aria-label": `In reply to: ${replyTo.text}` },
        () => context.onShow(replyTo.id),
        make("strong", {}, replyTo.isMine ? "You" : "Parley"),
        make("span", {}, replyTo.text),
      ),
    );
  if (photo !== undefined) bubble.append(drawPhoto(photo, context));
  if (document !== undefined) bubble.append(drawDocument(document));
  if (other !== undefined) bubble.append(make("p", { class: "other" }, other.replace("_", " ")));
  const key = String(id);
  const words =
    message.rich === undefined
      ? drawText(message.text, message.entities, context, key)
      : drawRich(message.rich, context, key);
  if (words.length > 0)
    bubble.append(
      make("div", { class: message.rich === undefined ? "text" : "text rich", dir: "auto" }, ...words),
    );
  const marks = [message.isPinned ? "pinned" : "", isMine && message.isEdited ? "edited" : ""].filter(
    Boolean,
  );
  bubble.classList.toggle(
    "flowing",
    message.rich === undefined &&
      words.length > 0 &&
      !words.some((node) => node instanceof HTMLElement && node.matches("figure, blockquote")),
  );
  bubble.append(
    make(
      "footer",
      { class: "meta" },
      ...marks.map((mark) => make("span", {}, mark)),
      make("time", { datetime: new Date(at).toISOString() }, timeWords(at)),
    ),
  );
  const element = make(
    "article",
    {
      class: `message ${isMine ? "mine" : "theirs"}`,
      tabindex: -1,
      "data-id": id,
      "aria-label": `${isMine ? "You" : "Parley"}, ${timeWords(at)}`,
    },
    make("div", { class: "row" }, bubble, drawTools(message, context)),
  );
  if (reactions.length > 0)
    element.append(
      make(
        "p",
        { class: "reactions", "aria-label": `Parley reacted with ${reactions.join(" ")}` },
        reactions.join(" "),
      ),
    );
  if (rows.length > 0) element.append(drawKeyboard(message, context));
  return element;
}

/** Draws what the bot is writing and has not sent yet. */
export function drawDraft(draft: WireDraft, context: BubbleContext): HTMLElement {
  const key = `draft${draft.id}`;
  const words =
    draft.rich === undefined
      ? drawText(draft.text || "Thinking…", draft.entities, context, key)
      : drawRich(draft.rich, context, key);
  const element = make(
    "article",
    { class: "message theirs draft", tabindex: -1, "aria-label": "Parley is writing" },
    make(
      "div",
      { class: "row" },
      make("div", { class: "bubble" }, make("div", { class: "text", dir: "auto" }, ...words)),
    ),
  );
  if (draft.canStop)
    element.append(
      make(
        "div",
        { class: "keyboard" },
        make(
          "div",
          {},
          makeButton({ class: "key" }, () => context.onStop(draft.id), icon("stop"), "Stop"),
        ),
      ),
    );
  return element;
}

function drawPhoto({ id, name }: WireFile, { onGrown }: BubbleContext): HTMLElement {
  const address = `files/${encodeURIComponent(id)}`;
  const picture = make("img", {
    src: address,
    alt: name === "photo.jpg" ? "Photo" : `Photo ${name}`,
    loading: "lazy",
  });
  picture.addEventListener("load", onGrown);
  return make("a", { class: "photo", href: address, target: "_blank", rel: "noopener" }, picture);
}

function drawDocument({ id, name, size }: WireFile): HTMLElement {
  return make(
    "a",
    {
      class: "document",
      href: `files/${encodeURIComponent(id)}`,
      download: name,
      "aria-label": `Download ${name}, ${sizeWords(size)}`,
    },
    make("span", { class: "disc" }, icon("save")),
    make("span", { class: "about" }, make("strong", {}, name), make("span", {}, sizeWords(size))),
  );
}

function drawKeyboard(message: WireMessage, context: BubbleContext): HTMLElement {
  const rows = message.rows.map((row, rowAt) =>
    make("div", {}, ...row.map((button, columnAt) => drawKey(message, button, rowAt, columnAt, context))),
  );
  return make("div", { class: "keyboard", role: "group", "aria-label": "Buttons of the message" }, ...rows);
}

function drawKey(
  message: WireMessage,
  { text, kind, style, value = "" }: WireButton,
  row: number,
  column: number,
  context: BubbleContext,
): HTMLElement {
  const look = { class: `key ${style ?? ""}`.trim() };
  switch (kind) {
    case "open":
      return make(
        "a",
        {
          ...look,
          href: /^https?:/i.test(value) ? value : undefined,
          target: "_blank",
          rel: "noopener noreferrer",
        },
        text,
        " ↗",
      );
    case "copy":
      return makeButton(look, () => context.onCopy(value), text);
    case "disabled":
      return makeButton({ ...look, disabled: true }, () => {}, text);
    case "press": {
      const button = makeButton(look, () => context.onPress(message, row, column, button), text);
      return button;
    }
  }
}

/** What can be done with a message. In the order of Tab only while the message is the one that is looked at. */
function drawTools(message: WireMessage, context: BubbleContext): HTMLElement {
  const tool = (name: string, shape: "reply" | "copy" | "edit", onClick: () => void): HTMLElement =>
    makeButton({ tabindex: -1, "aria-label": name, title: name }, onClick, icon(shape));
  const tools = make("div", { class: "tools", role: "toolbar", "aria-label": "Message" });
  tools.append(tool("Reply", "reply", () => context.onReply(message)));
  if (message.text !== "") tools.append(tool("Copy the text", "copy", () => context.onCopy(message.text)));
  if (isEditable(message)) tools.append(tool("Edit", "edit", () => context.onEdit(message)));
  return tools;
}
