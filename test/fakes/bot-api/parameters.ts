/**
 * Which parameters a method has and of what kind. A form field comes as text,
 * so numbers, flags and JSON are read here; what a method does not have is
 * reported, since the real server would pass over it in silence.
 */
import { badRequest } from "./refusal.ts";

type Kind = "int" | "bool" | "json" | "chat" | "string";

/** A call's parameters, read. */
export type Payload = Readonly<Record<string, unknown>>;

const send =
  "chat_id:chat business_connection_id message_thread_id:int direct_messages_topic_id:int " +
  "disable_notification:bool protect_content:bool allow_paid_broadcast:bool message_effect_id " +
  "suggested_post_parameters:json ephemeral_message_parameters:json reply_parameters:json reply_markup:json";
const edited = "chat_id:chat message_id:int inline_message_id business_connection_id reply_markup:json";
const scope = "scope:json language_code";

/** Name, then what it takes as `name:kind`; no kind is a string. */
const table: Readonly<Record<string, string>> = {
  getMe: "",
  getUpdates: "offset:int limit:int timeout:int allowed_updates:json",
  getWebhookInfo: "",
  deleteWebhook: "drop_pending_updates:bool",
  setMyCommands: `commands:json ${scope}`,
  getMyCommands: scope,
  deleteMyCommands: scope,
  sendMessage: `${send} text parse_mode entities:json link_preview_options:json`,
  sendRichMessage: `${send} rich_message:json`,
  sendMessageDraft:
    "chat_id:int message_thread_id:int draft_id:int text parse_mode entities:json can_stop:bool keep_on_stop:bool",
  sendDocument: `${send} document thumbnail caption parse_mode caption_entities:json disable_content_type_detection:bool`,
  sendPhoto: `${send} photo caption parse_mode caption_entities:json show_caption_above_media:bool has_spoiler:bool`,
  sendChatAction: "chat_id:chat business_connection_id message_thread_id:int action",
  setMessageReaction: "chat_id:chat message_id:int reaction:json is_big:bool",
  editMessageText: `${edited} text parse_mode entities:json link_preview_options:json rich_message:json`,
  editMessageReplyMarkup: edited,
  deleteMessage: "chat_id:chat message_id:int",
  deleteMessages: "chat_id:chat message_ids:json",
  answerCallbackQuery: "callback_query_id text show_alert:bool url cache_time:int",
  getFile: "file_id",
  getChat: "chat_id:chat",
  createForumTopic: "chat_id:chat name icon_color:int icon_custom_emoji_id",
  editForumTopic: "chat_id:chat message_thread_id:int name icon_custom_emoji_id",
  pinChatMessage: "chat_id:chat business_connection_id message_id:int disable_notification:bool",
};

const methods = new Map<string, { name: string; kinds: Map<string, Kind> }>();
for (const [name, fields] of Object.entries(table)) {
  const kinds = new Map<string, Kind>();
  for (const field of fields.split(" ").filter(Boolean)) {
    const [key = "", kind = "string"] = field.split(":");
    kinds.set(key, kind as Kind);
  }
  methods.set(name.toLowerCase(), { name, kinds });
}

/** The method as it is spelled in the documentation; the server does not mind capitals. */
export function methodName(asked: string): string | undefined {
  return methods.get(asked.toLowerCase())?.name;
}

/** Reads what was sent; `unknown` names the parameters that `method` does not have. */
export function readPayload(
  method: string,
  raw: Readonly<Record<string, unknown>>,
): { payload: Payload; unknown: string[] } {
  const kinds = methods.get(method.toLowerCase())?.kinds ?? new Map<string, Kind>();
  const payload: Record<string, unknown> = {};
  const unknown: string[] = [];
  for (const [key, value] of Object.entries(raw)) {
    const kind = kinds.get(key);
    if (kind === undefined) unknown.push(key);
    else if (value !== null && value !== undefined) payload[key] = readValue(key, kind, value);
  }
  return { payload, unknown };
}

function readValue(key: string, kind: Kind, value: unknown): unknown {
  switch (kind) {
    case "int":
      return integer(value) ?? refuse(`invalid ${key} specified`);
    case "chat":
      return integer(value) ?? value;
    case "bool":
      return value === true || ["true", "yes", "1"].includes(String(value).toLowerCase());
    case "json":
      return typeof value === "string" ? parsed(key, value) : value;
    case "string":
      return scalar(value) ?? refuse(`invalid ${key} specified`);
  }
}

/** A string, number or flag as text; anything else is none. */
export function scalar(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}

function integer(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  return typeof value === "string" && /^-?\d{1,16}$/.test(value) ? Number(value) : undefined;
}

function parsed(key: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return refuse(`can't parse ${key}: not a JSON value`);
  }
}

function refuse(what: string): never {
  throw badRequest(what);
}
