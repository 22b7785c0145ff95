/**
 * The methods beside sending and editing: who the bot is, its commands,
 * reactions, typing, answers to buttons, files, topics, webhook.
 */
import type { BotCommand } from "grammy/types";
import { openTopic } from "./groups.ts";
import { isRecord } from "./outgoing.ts";
import { scalar } from "./parameters.ts";
import { badRequest } from "./refusal.ts";
import { found, type Method } from "./send-methods.ts";
import type { BotApiState } from "./state.ts";

/** The only emoji a bot may react with (grammY's `ReactionTypeEmoji`). */
const reactionEmoji: ReadonlySet<string> = new Set(
  (
    "👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 " +
    "👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡"
  ).split(" "),
);

const chatActions = new Set(
  (
    "typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker " +
    "find_location record_video_note upload_video_note"
  ).split(" "),
);

const sendChatAction: Method = ({ state, payload }) => {
  const room = state.room(payload["chat_id"]);
  const threadId = state.thread(room, payload["message_thread_id"]);
  const action = scalar(payload["action"]) ?? "";
  if (!chatActions.has(action)) throw badRequest("wrong parameter action in request");
  room.actions.push({ at: state.clock(), action, ...(threadId === undefined ? {} : { threadId }) });
  state.changes.next();
  return true;
};

const setMessageReaction: Method = ({ state, payload }) => {
  const room = state.room(payload["chat_id"]);
  const message = found(room, payload["message_id"], "message to react not found");
  const reaction = payload["reaction"] ?? [];
  if (!Array.isArray(reaction)) throw badRequest("can't parse reaction types: expected an Array");
  const emoji = reaction.map((one: unknown) =>
    isRecord(one) && one["type"] === "emoji" ? String(one["emoji"]) : "",
  );
  if (emoji.some((one) => !reactionEmoji.has(one))) throw badRequest("REACTION_INVALID");
  if (emoji.length > 1) throw badRequest("REACTIONS_TOO_MANY");
  message.reactions = emoji;
  room.touch(message);
  return true;
};

const answerCallbackQuery: Method = ({ state, payload }) => {
  const record = state.callbacks.get(String(payload["callback_query_id"]));
  if (record === undefined || !state.isLive(record))
    throw badRequest("query is too old and response timeout expired or query ID is invalid");
  const text = typeof payload["text"] === "string" ? payload["text"] : "";
  if (text.length > 200) throw badRequest("MESSAGE_TOO_LONG");
  record.answer = { text, isAlert: payload["show_alert"] === true };
  state.changes.next();
  return true;
};

const pinChatMessage: Method = ({ state, payload }) => {
  const room = state.room(payload["chat_id"]);
  const message = found(room, payload["message_id"], "message to pin not found");
  message.isPinned = true;
  room.touch(message);
  return true;
};

const createForumTopic: Method = ({ state, payload }) => {
  const room = state.room(payload["chat_id"]);
  const isForum = room.isPrivate
    ? state.bot.has_topics_enabled
    : room.wire.type === "supergroup" && room.wire.is_forum === true;
  if (!isForum) throw badRequest("the chat is not a forum");
  if (!room.isPrivate && !room.isBotAdmin) throw badRequest("not enough rights to create a topic");
  const name = typeof payload["name"] === "string" ? payload["name"].trim() : "";
  if (name === "") throw badRequest("TOPIC_TITLE_EMPTY");
  if (name.length > 128) throw badRequest("TOPIC_TITLE_TOO_LONG");
  const { id } = openTopic(room, name, state.bot, state.bot);
  return { message_thread_id: id, name, icon_color: 7_322_096 };
};

const editForumTopic: Method = ({ state, payload }) => {
  const room = state.room(payload["chat_id"]);
  const id = Number(payload["message_thread_id"]);
  if (!room.isPrivate && !room.isBotAdmin) throw badRequest("not enough rights to manage topics");
  if (!room.topics.has(id)) throw badRequest("message thread not found");
  const name = typeof payload["name"] === "string" ? payload["name"].trim() : "";
  if (name.length > 128) throw badRequest("TOPIC_TITLE_TOO_LONG");
  if (name === room.topics.get(id)) throw badRequest("TOPIC_NOT_MODIFIED");
  if (name !== "") room.topics.set(id, name);
  return true;
};

const setMyCommands: Method = ({ state, payload }) => {
  const commands = payload["commands"];
  if (!Array.isArray(commands)) throw badRequest("can't parse commands: expected an Array");
  if (commands.length > 100) throw badRequest("BOT_COMMANDS_TOO_MUCH");
  for (const command of commands as unknown[]) {
    if (!isRecord(command)) throw badRequest("can't parse BotCommand: expected an Object");
    if (!/^[a-z0-9_]{1,32}$/.test(String(command["command"]))) throw badRequest("BOT_COMMAND_INVALID");
    const length = (scalar(command["description"]) ?? "").trim().length;
    if (length < 1 || length > 256) throw badRequest("BOT_COMMAND_DESCRIPTION_INVALID");
  }
  state.commands.set(scopeOf(state, payload), commands as BotCommand[]);
  state.changes.next();
  return true;
};

const getFile: Method = ({ state, payload }) => {
  if (payload["file_id"] === undefined) throw badRequest("file_id not specified");
  return state.files.describe(scalar(payload["file_id"]) ?? "");
};

const deleteWebhook: Method = ({ state, method, payload }) => {
  if (payload["drop_pending_updates"] === true)
    state.violate(method, "drop_pending_updates loses messages", payload);
  state.webhookUrl = "";
  return true;
};

/** Name → method. */
export const otherMethods: Readonly<Record<string, Method>> = {
  getMe: ({ state }) => state.bot,
  getWebhookInfo: ({ state }) => ({
    url: state.webhookUrl,
    has_custom_certificate: false,
    pending_update_count: state.updates.pending.length,
  }),
  deleteWebhook,
  setMyCommands,
  getMyCommands: ({ state, payload }) => state.commands.get(scopeOf(state, payload)) ?? [],
  deleteMyCommands: ({ state, payload }) => {
    state.commands.delete(scopeOf(state, payload));
    return true;
  },
  sendChatAction,
  setMessageReaction,
  answerCallbackQuery,
  pinChatMessage,
  createForumTopic,
  editForumTopic,
  getFile,
  getChat: ({ state, payload }) => ({
    ...state.room(payload["chat_id"]).wire,
    accent_color_id: 0,
    max_reaction_count: 11,
    accepted_gift_types: {},
  }),
};

/** Scope and language as one key; scopes of a chat must name one that is there. */
function scopeOf(state: BotApiState, payload: Readonly<Record<string, unknown>>): string {
  const scope = isRecord(payload["scope"]) ? payload["scope"] : { type: "default" };
  const kinds =
    "default all_private_chats all_group_chats all_chat_administrators chat chat_administrators chat_member";
  if (!kinds.split(" ").includes(String(scope["type"])))
    throw badRequest("can't parse BotCommandScope: unsupported type specified");
  if ("chat_id" in scope) state.room(scope["chat_id"]);
  const language = typeof payload["language_code"] === "string" ? payload["language_code"] : "";
  return `${String(scope["type"])}:${"chat_id" in scope ? String(scope["chat_id"]) : ""}:${language}`;
}
