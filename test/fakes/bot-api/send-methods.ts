/**
 * The methods that put something into a chat or change it there.
 */
import type { ChatRoom, Content } from "./chat.ts";
import { checkPhoto, maxUploadBytes, type StoredFile } from "./files.ts";
import { rootOf } from "./groups.ts";
import type { ChatMessage } from "./message.ts";
import {
  isRecord,
  isSame,
  outgoingCaption,
  outgoingDraft,
  outgoingMarkup,
  outgoingText,
  repliedTo,
} from "./outgoing.ts";
import { type Payload, scalar } from "./parameters.ts";
import { badRequest, Refusal } from "./refusal.ts";
import { readRich } from "./rich.ts";
import type { BotApiState } from "./state.ts";

/** A file that came with a form, under the name of its part. */
export interface Upload {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** One call, as a method sees it. */
interface MethodCall {
  readonly state: BotApiState;
  readonly method: string;
  readonly payload: Payload;
  readonly uploads: ReadonlyMap<string, Upload>;
}

/** Carries a call out and gives its `result`; throws a Refusal. */
export type Method = (call: MethodCall) => unknown;

const draftLifetimeMs = 30_000;

const notModified =
  "message is not modified: specified new message content and reply markup are exactly the same " +
  "as a current content and reply markup of the message";

const sendMessage: Method = (call) => {
  const { state, method, payload } = call;
  const room = state.room(payload["chat_id"], true);
  const thread = state.thread(room, payload["message_thread_id"]);
  const { text, entities } = outgoingText(state, method, payload);
  const content = { text, entities, ...markupOf(call), ...previewOf(payload) };
  return put(call, room, thread, content, {}).toWire();
};

const sendRichMessage: Method = (call) => {
  const { state, payload } = call;
  const room = state.room(payload["chat_id"], true);
  const thread = state.thread(room, payload["message_thread_id"]);
  return put(call, room, thread, { ...richOf(call), ...markupOf(call) }, {}).toWire();
};

const sendMessageDraft: Method = ({ state, method, payload }) => {
  const room = state.room(payload["chat_id"], true);
  if (!room.isPrivate) throw badRequest("TEXTDRAFT_PEER_INVALID");
  const threadId = state.thread(room, payload["message_thread_id"]);
  const draftId = payload["draft_id"];
  if (typeof draftId !== "number" || draftId === 0) throw badRequest("invalid draft_id specified");
  const content = outgoingDraft(state, method, payload);
  const draft = {
    draftId,
    ...content,
    canStop: payload["can_stop"] === true,
    keepsOnStop: payload["keep_on_stop"] === true,
    seq: state.changes.next(),
    until: state.clock() + draftLifetimeMs,
    ...(threadId === undefined ? {} : { threadId }),
  };
  room.drafts.set(draftId, draft);
  room.draftHistory.push(draft);
  return true;
};

const sendDocument: Method = (call) => {
  const { state, method, payload } = call;
  const room = state.room(payload["chat_id"], true);
  const thread = state.thread(room, payload["message_thread_id"]);
  const content = { ...outgoingCaption(state, method, payload), ...markupOf(call) };
  return put(call, room, thread, content, { document: fileOf(call, "document") }).toWire();
};

const sendPhoto: Method = (call) => {
  const { state, method, payload } = call;
  const room = state.room(payload["chat_id"], true);
  const thread = state.thread(room, payload["message_thread_id"]);
  const content = { ...outgoingCaption(state, method, payload), ...markupOf(call) };
  const photo = fileOf(call, "photo");
  checkPhoto(photo);
  return put(call, room, thread, content, { photo }).toWire();
};

const editMessageText: Method = (call) => {
  const { state, method, payload } = call;
  const room = state.room(payload["chat_id"], true);
  const message = editable(room, payload["message_id"]);
  if (message.document !== undefined || message.photo !== undefined)
    throw badRequest("there is no text in the message to edit");
  const content =
    payload["rich_message"] === undefined
      ? { ...outgoingText(state, method, payload), ...markupOf(call), ...previewOf(payload) }
      : { ...richOf(call), ...markupOf(call) };
  return change(state, room, message, content);
};

const editMessageReplyMarkup: Method = (call) => {
  const { state, payload } = call;
  const room = state.room(payload["chat_id"], true);
  const message = editable(room, payload["message_id"]);
  const { text, entities, preview, rich } = message.now;
  const content = {
    text,
    entities,
    ...markupOf(call),
    ...(preview === undefined ? {} : { preview }),
    ...(rich === undefined ? {} : { rich }),
  };
  return change(state, room, message, content);
};

const deleteMessage: Method = ({ state, payload }) => {
  const room = state.room(payload["chat_id"]);
  const message = found(room, payload["message_id"], "message to delete not found");
  message.isDeleted = true;
  room.touch(message);
  return true;
};

const deleteMessages: Method = ({ state, payload }) => {
  const room = state.room(payload["chat_id"]);
  const ids = payload["message_ids"];
  if (!Array.isArray(ids) || ids.length === 0) throw badRequest("message identifiers are not specified");
  if (ids.length > 100) throw badRequest("too many message identifiers specified");
  // Unlike deleteMessage, ids that are gone are skipped.
  for (const id of ids) {
    const message = typeof id === "number" ? room.message(id) : undefined;
    if (message === undefined) continue;
    message.isDeleted = true;
    room.touch(message);
  }
  return true;
};

/** Name → method. */
export const sendMethods: Readonly<Record<string, Method>> = {
  sendMessage,
  sendRichMessage,
  sendMessageDraft,
  sendDocument,
  sendPhoto,
  editMessageText,
  editMessageReplyMarkup,
  deleteMessage,
  deleteMessages,
};

/** The message with this id in `room`, or the refusal `words`. */
export function found(room: ChatRoom, id: unknown, words: string): ChatMessage {
  const message = typeof id === "number" ? room.message(id) : undefined;
  if (message === undefined) throw badRequest(words);
  return message;
}

function editable(room: ChatRoom, id: unknown): ChatMessage {
  const message = found(room, id, "message to edit not found");
  if (!message.isFromBot) throw badRequest("message can't be edited");
  return message;
}

function put(
  call: MethodCall,
  room: ChatRoom,
  threadId: number | undefined,
  content: Content,
  file: { document?: StoredFile; photo?: StoredFile },
): ChatMessage {
  const { state, payload } = call;
  const replyTo = repliedTo(room, payload) ?? rootOf(room, threadId);
  const parts = {
    from: botUser(state),
    ...file,
    ...(threadId === undefined ? {} : { threadId }),
    ...(replyTo === undefined ? {} : { replyTo }),
  };
  return room.add(parts, content, state.bot);
}

function change(state: BotApiState, room: ChatRoom, message: ChatMessage, content: Content): unknown {
  if (isSame(message, content)) throw badRequest(notModified);
  message.edit(room.version(content));
  state.changes.tell();
  return message.toWire();
}

function markupOf({ state, method, payload }: MethodCall): Pick<Content, "markup"> {
  const markup = outgoingMarkup(state, method, payload);
  return markup === undefined ? {} : { markup };
}

/** The rich message of a call; never one that Telegram would have to parse. */
function richOf({ state, method, payload }: MethodCall): Pick<Content, "text" | "rich"> {
  const message = payload["rich_message"];
  const isParsed = isRecord(message) && (message["html"] ?? message["markdown"]) !== undefined;
  if (isParsed) state.violate(method, "a rich message that Telegram has to parse", payload);
  const { text, blocks } = readRich(message);
  return { text, rich: blocks };
}

function previewOf(payload: Payload): Pick<Content, "preview"> {
  const options = payload["link_preview_options"];
  return options === undefined ? {} : { preview: JSON.stringify(options) };
}

/** The uploaded, attached or already known file of `field`. */
function fileOf({ state, payload, uploads }: MethodCall, field: "document" | "photo"): StoredFile {
  const value = payload[field];
  const attached = typeof value === "string" && value.startsWith("attach://") ? value.slice(9) : undefined;
  const upload = uploads.get(attached ?? field);
  if (upload !== undefined) {
    if (upload.bytes.byteLength === 0) throw badRequest("file must be non-empty");
    if (upload.bytes.byteLength > maxUploadBytes) throw new Refusal(413, "Request Entity Too Large");
    return state.files.add(`${field}s`, { name: upload.name, bytes: upload.bytes });
  }
  if (value === undefined || attached !== undefined) throw badRequest(`there is no ${field} in the request`);
  const known = state.files.get(scalar(value) ?? "");
  if (known === undefined) throw badRequest("wrong file identifier/HTTP URL specified");
  return known;
}

function botUser({ bot }: BotApiState): { id: number; is_bot: true; first_name: string; username: string } {
  return { id: bot.id, is_bot: true, first_name: bot.first_name, username: bot.username };
}
