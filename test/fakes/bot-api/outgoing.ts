/**
 * What every outgoing text and keyboard goes through before it stands in a
 * chat: the refusals of the real server, and our own rules as violations.
 */
import type { InlineKeyboardMarkup, MessageEntity } from "grammy/types";
import type { ChatMessage } from "./message.ts";
import type { ChatRoom, Content } from "./chat.ts";
import { type Payload, scalar } from "./parameters.ts";
import { badRequest } from "./refusal.ts";
import type { BotApiState } from "./state.ts";
import { cleaned, type TextContent } from "./text.ts";

const maxTextUnits = 4096;
const maxCaptionUnits = 1024;
const maxEntities = 100;
const maxCallbackBytes = 64;
const maxButtons = 100;
const maxCopyUnits = 256;

/** The text of a message, checked and as it will stand. */
export function outgoingText(state: BotApiState, method: string, payload: Payload): TextContent {
  const content = { text: textOf(payload["text"]), entities: entitiesOf(payload["entities"]) };
  const clean = checked(state, method, payload, content);
  if (clean.text === "") throw badRequest("message text is empty");
  if (clean.text.length > maxTextUnits) throw badRequest("message is too long");
  return clean;
}

/** The caption of a file; it may be empty. */
export function outgoingCaption(state: BotApiState, method: string, payload: Payload): TextContent {
  const content = { text: textOf(payload["caption"]), entities: entitiesOf(payload["caption_entities"]) };
  if (content.text === "") return content;
  const clean = checked(state, method, payload, content);
  if (clean.text.length > maxCaptionUnits) throw badRequest("message caption is too long");
  return clean;
}

/** The text of a draft: as a message's, but it may be empty. */
export function outgoingDraft(state: BotApiState, method: string, payload: Payload): TextContent {
  if (textOf(payload["text"]).trim() === "") return { text: "", entities: [] };
  return outgoingText(state, method, payload);
}

/** The keyboard under a message, checked; `undefined` is none. */
export function outgoingMarkup(
  state: BotApiState,
  method: string,
  payload: Payload,
): InlineKeyboardMarkup | undefined {
  const markup = payload["reply_markup"];
  if (markup === undefined) return undefined;
  const rows = isRecord(markup) ? markup["inline_keyboard"] : undefined;
  if (rows === undefined) {
    state.violate(method, "a reply_markup that is not an inline keyboard", payload);
    return undefined;
  }
  if (!Array.isArray(rows) || !rows.every(Array.isArray))
    throw badRequest("can't parse inline keyboard: it must be an array of arrays");
  const buttons = rows.flat() as unknown[];
  if (buttons.length > maxButtons) throw badRequest("reply markup is too long");
  for (const button of buttons) checkButton(state, method, payload, button);
  const kept = (rows as InlineKeyboardMarkup["inline_keyboard"]).filter((row) => row.length > 0);
  return kept.length === 0 ? undefined : { inline_keyboard: structuredClone(kept) };
}

/** The message a new one answers, if it asks for one that is there. */
export function repliedTo(room: ChatRoom, payload: Payload): ChatMessage | undefined {
  const reply = payload["reply_parameters"];
  if (!isRecord(reply) || reply["message_id"] === undefined) return undefined;
  const found = typeof reply["message_id"] === "number" ? room.message(reply["message_id"]) : undefined;
  if (found === undefined && reply["allow_sending_without_reply"] !== true)
    throw badRequest("message to be replied not found");
  return found;
}

/** Whether an edit would change nothing the server compares. */
export function isSame(message: ChatMessage, content: Content): boolean {
  const form = (one: Content): string =>
    JSON.stringify([
      one.text,
      one.entities ?? [],
      one.markup?.inline_keyboard ?? [],
      one.preview ?? "",
      one.rich ?? [],
    ]);
  return form(message.now) === form(content);
}

function checked(state: BotApiState, method: string, payload: Payload, content: TextContent): TextContent {
  if (payload["parse_mode"] !== undefined)
    state.violate(method, "parse_mode: text is to be sent with entities, never parsed", payload);
  if (Buffer.byteLength(content.text) > 32_768) throw badRequest("Text is too long");
  if (content.entities.length > maxEntities)
    state.violate(method, `${content.entities.length} entities: only ${maxEntities} are kept`, payload);
  const clean = cleaned(content);
  // Judged only where it can stand at all: an empty or endless text has its own words.
  if (clean.text === "" || content.text.length > maxTextUnits) return clean;
  const verdict = state.checkText(content);
  if (!verdict.ok) {
    if (verdict.kind !== "changed") throw badRequest(verdict.error);
    state.violate(method, `Telegram would show something else: ${verdict.error}`, payload);
  }
  return { text: clean.text, entities: clean.entities.slice(0, maxEntities) };
}

function checkButton(state: BotApiState, method: string, payload: Payload, button: unknown): void {
  if (!isRecord(button)) throw badRequest("can't parse inline keyboard button: expected an Object");
  const { text, callback_data: data, style, ...others } = button;
  if (typeof text !== "string" || text.trim() === "")
    throw badRequest("can't parse inline keyboard button: InlineKeyboardButton text must be non-empty");
  const actions = Object.keys(others).filter((key) => key !== "icon_custom_emoji_id");
  for (const action of actions)
    if (!["url", "copy_text", "disabled", "web_app"].includes(action))
      state.violate(method, `a button with "${action}"`, payload);
  if (data === undefined && actions.length === 0)
    throw badRequest("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard");
  if (data !== undefined) {
    const bytes = Buffer.byteLength(scalar(data) ?? "");
    if (bytes < 1 || bytes > maxCallbackBytes) throw badRequest("BUTTON_DATA_INVALID");
  }
  if ("copy_text" in others) checkCopyText(others["copy_text"]);
  if (style !== undefined && !["primary", "success", "danger"].includes(scalar(style) ?? ""))
    throw badRequest("can't parse inline keyboard button: invalid button style specified");
}

function checkCopyText(copy: unknown): void {
  const text = isRecord(copy) ? copy["text"] : undefined;
  if (typeof text !== "string")
    throw badRequest("can't parse inline keyboard button: can't find field \"text\"");
  if (text.length < 1 || text.length > maxCopyUnits) throw badRequest("BUTTON_COPY_TEXT_INVALID");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function entitiesOf(value: unknown): MessageEntity[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw badRequest("can't parse entities: expected an Array");
  return value as MessageEntity[];
}

/** Whether `value` is an object with keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
