/**
 * The double's chat → what the page shows of it. Pure; the only place that
 * knows both spellings.
 */
import type { InlineKeyboardButton } from "grammy/types";
import type { ChatRoom, Draft } from "../fakes/bot-api/chat.ts";
import type { StoredFile } from "../fakes/bot-api/files.ts";
import type { ChatMessage } from "../fakes/bot-api/message.ts";
import type { BotApiModel } from "../fakes/bot-api/model.ts";
import { isRecord } from "../fakes/bot-api/outgoing.ts";
import type { WireButton, WireDraft, WireFile, WireMessage, WireState, WireTyping } from "./wire.ts";

/** The most messages that a page is given at once. */
const maxMessages = 1000;
const replyUnits = 160;
/** As long as Telegram shows an action. */
const typingMs = 5_000;

/** What changes in a chat besides its messages. */
export function showSurroundings(
  model: BotApiModel,
  room: ChatRoom,
): Pick<WireState, "commands" | "topics" | "typing" | "drafts"> {
  return {
    commands: (model.commands.get("default::") ?? []).map(({ command, description }) => ({
      command,
      description,
    })),
    topics: [...room.topics].map(([id, name]) => ({ id, name })),
    typing: showTyping(room, model.clock()),
    drafts: room.seenDrafts.map(showDraft),
  };
}

/** The messages that changed after change number `since`, oldest first, and the ids of those that are gone. */
export function showMessages(room: ChatRoom, since: number): { messages: WireMessage[]; gone: number[] } {
  const changed = room.all.slice(-maxMessages).filter(({ changedAt }) => changedAt > since);
  return {
    messages: changed.filter(({ isDeleted }) => !isDeleted).map(showMessage),
    gone: changed.filter(({ isDeleted }) => isDeleted).map(({ id }) => id),
  };
}

function showMessage(message: ChatMessage): WireMessage {
  const { document, photo, threadId, replyTo, text, entities } = message;
  const rich = richOf(message.now);
  const other = mediaOf(message.parts.extra);
  const opened = openedBy(message);
  return {
    id: message.id,
    isMine: !message.isFromBot,
    at: message.parts.at,
    isEdited: message.versions.length > 1,
    isPinned: message.isPinned,
    text,
    entities,
    rows: (message.now.markup?.inline_keyboard ?? []).map((row) => row.map(showButton)),
    reactions: message.reactions,
    ...(threadId === undefined ? {} : { topic: threadId }),
    ...(document === undefined ? {} : { document: showFile(document) }),
    ...(photo === undefined ? {} : { photo: showFile(photo) }),
    ...(other === undefined ? {} : { other }),
    ...(rich === undefined ? {} : { rich }),
    ...(opened === undefined ? {} : { service: `The topic “${opened}” was opened` }),
    // What hangs under the message that opened a topic answers nothing; no app shows it so.
    ...(replyTo === undefined || openedBy(replyTo) !== undefined
      ? {}
      : {
          replyTo: {
            id: replyTo.id,
            isMine: !replyTo.isFromBot,
            text: (replyTo.text || (replyTo.document?.name ?? "Photo")).slice(0, replyUnits),
          },
        }),
  };
}

function showButton(button: InlineKeyboardButton): WireButton {
  const { text } = button;
  const style = "style" in button ? (button.style as WireButton["style"]) : undefined;
  const looks = style === undefined ? {} : { style };
  if ("callback_data" in button) return { text, kind: "press", ...looks };
  if ("url" in button) return { text, kind: "open", value: button.url, ...looks };
  if ("copy_text" in button) return { text, kind: "copy", value: button.copy_text.text, ...looks };
  return { text, kind: "disabled", ...looks };
}

function showDraft(draft: Draft): WireDraft {
  const { draftId: id, threadId: topic, text, entities, canStop } = draft;
  const rich = richOf(draft);
  return {
    id,
    text,
    entities,
    canStop,
    ...(topic === undefined ? {} : { topic }),
    ...(rich === undefined ? {} : { rich }),
  };
}

/** The newest action of each topic. */
function showTyping(room: ChatRoom, now: number): WireTyping[] {
  const newest = new Map<number | undefined, WireTyping>();
  for (const { action, threadId: topic, at } of room.actions.slice(-50))
    if (now - at < typingMs) newest.set(topic, { action, at, ...(topic === undefined ? {} : { topic }) });
  return [...newest.values()];
}

function showFile({ fileId: id, name, size }: StoredFile): WireFile {
  return { id, name, size };
}

function richOf(version: object): unknown {
  return "rich" in version ? version.rich : undefined;
}

/** The name of the topic that a message opened. */
function openedBy({ parts: { extra } }: ChatMessage): string | undefined {
  const created = extra?.["forum_topic_created"];
  return isRecord(created) && typeof created["name"] === "string" ? created["name"] : undefined;
}

function mediaOf(extra: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const kinds = ["voice", "video", "audio", "animation", "video_note", "sticker", "location", "contact"];
  return kinds.find((kind) => extra?.[kind] !== undefined);
}
