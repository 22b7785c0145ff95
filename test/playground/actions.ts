/**
 * What the person does in the page → what the double's person does. It knows
 * how Telegram's apps behave: long text goes out in pieces, files together are
 * an album. Every body is checked; a wrong one is a BadRequest.
 */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { ChatRoom } from "../fakes/bot-api/chat.ts";
import { maxUploadBytes } from "../fakes/bot-api/files.ts";
import type { ChatMessage } from "../fakes/bot-api/message.ts";
import type { Attachment, Person } from "../fakes/bot-api/person.ts";
import type { WirePressed } from "./wire.ts";

/** What the page asked cannot be done; the sentence says why. */
export class BadRequest extends Error {
  override name = "BadRequest";
}

/** A file that waits to be sent. */
interface Upload {
  readonly name: string;
  readonly mime: string;
  readonly bytes: Uint8Array;
}

export interface ActionDeps {
  readonly person: Person;
  readonly room: ChatRoom;
  /** Starts the bot again after it ended. */
  readonly restartBot: () => Promise<void>;
}

const maxTextUnits = 4096;
const maxCaptionUnits = 1024;
const maxAlbum = 10;
const maxWaitingBytes = 4 * maxUploadBytes;
/** How long a pressed button waits for the bot's word. */
const pressMs = 20_000;

const id = z.number().int();
const bodies = {
  send: z.object({
    text: z.string().max(100_000),
    topic: id.optional(),
    replyTo: id.optional(),
    files: z.array(z.object({ id: z.string(), isPhoto: z.boolean() })).max(100),
  }),
  edit: z.object({ message: id, text: z.string().min(1).max(maxTextUnits) }),
  press: z.object({ message: id, row: id, column: id }),
  topic: z.object({ name: z.string().trim().min(1).max(128) }),
  stopDraft: z.object({ draft: id }),
  restart: z.object({}),
};

/** Everything the page can ask, by name; `upload` apart, since its body is a file. */
export function createActions({ person, room, restartBot }: ActionDeps) {
  const uploads = new Map<string, Upload>();

  function message(number: number): ChatMessage {
    const found = room.message(number);
    if (found === undefined) throw new BadRequest("This message is not there any more.");
    return found;
  }

  function send(body: z.infer<typeof bodies.send>): void {
    const files = body.files.map((file) => ({ ...file, upload: takeUpload(file.id) }));
    const where = {
      ...(body.topic === undefined ? {} : { threadId: topicOf(body.topic) }),
      ...(body.replyTo === undefined ? {} : { replyTo: message(body.replyTo) }),
    };
    const isCaption = files.length > 0 && body.text.length <= maxCaptionUnits;
    const attachments = files.map(({ isPhoto, upload: { name, bytes, mime } }, at): Attachment => ({
      ...(isPhoto ? { photo: { name, bytes } } : { document: { name, bytes, mime } }),
      ...(isCaption && at === 0 ? { caption: body.text.trim() } : {}),
    }));
    for (const group of groupsOf(attachments)) {
      const [only] = group;
      if (group.length > 1) person.album(group, where);
      else if (only !== undefined) person.send(only, where);
    }
    if (!isCaption && body.text.trim() !== "") person.sendLong(body.text.trim(), where);
  }

  function topicOf(number: number): number {
    if (!room.topics.has(number)) throw new BadRequest("This topic is not there.");
    return number;
  }

  function takeUpload(upload: string): Upload {
    const found = uploads.get(upload);
    if (found === undefined) throw new BadRequest("A file was not uploaded; add it again.");
    uploads.delete(upload);
    return found;
  }

  async function press({ message: number, row, column }: z.infer<typeof bodies.press>): Promise<WirePressed> {
    const pressed = message(number);
    const button = pressed.now.markup?.inline_keyboard[row]?.[column];
    if (button === undefined || !("callback_data" in button))
      throw new BadRequest("This button is not there any more.");
    const { answered } = person.press(pressed, button.callback_data);
    try {
      return { isAnswered: true, ...(await answered({ timeoutMs: pressMs })) };
    } catch {
      return { isAnswered: false, text: "", isAlert: false };
    }
  }

  function stopDraft(draft: number): void {
    if (!room.seenDrafts.some(({ draftId, canStop }) => draftId === draft && canStop))
      throw new BadRequest("There is nothing to stop any more.");
    person.stopDraft(draft);
  }

  return {
    /** Keeps a file until it is sent; gives its id. */
    upload(name: string, mime: string, bytes: Uint8Array): { id: string } {
      const waiting = [...uploads.values()].reduce((sum, upload) => sum + upload.bytes.byteLength, 0);
      if (waiting + bytes.byteLength > maxWaitingBytes)
        throw new BadRequest("Too many files wait to be sent.");
      const key = randomUUID();
      uploads.set(key, { name: name.slice(0, 200) || "file", mime, bytes });
      return { id: key };
    },
    /** Does what `name` says with an unchecked body; undefined is an action that is not there. */
    run(name: string, body: unknown): Promise<unknown> | undefined {
      const checked = <T>(schema: z.ZodType<T>): T => {
        const read = schema.safeParse(body);
        if (!read.success) throw new BadRequest("The page sent something that makes no sense.");
        return read.data;
      };
      switch (name) {
        case "send":
          send(checked(bodies.send));
          return Promise.resolve({});
        case "edit": {
          const { message: number, text } = checked(bodies.edit);
          const edited = message(number);
          if (edited.isFromBot) throw new BadRequest("Only your own messages can be edited.");
          person.edit(edited, text);
          return Promise.resolve({});
        }
        case "press":
          return press(checked(bodies.press));
        case "topic":
          return Promise.resolve({ id: person.openTopic(checked(bodies.topic).name).message.id });
        case "stop-draft":
          stopDraft(checked(bodies.stopDraft).draft);
          return Promise.resolve({});
        case "restart":
          return restartBot().then(() => ({}));
        default:
          return undefined;
      }
    },
  };
}

export type Actions = ReturnType<typeof createActions>;

/** Albums hold photos or documents, never both, and ten at most. */
function groupsOf(files: readonly Attachment[]): Attachment[][] {
  const groups: Attachment[][] = [];
  for (const file of files) {
    const last = groups.at(-1);
    const isAlike = (last?.[0]?.photo === undefined) === (file.photo === undefined);
    if (last !== undefined && isAlike && last.length < maxAlbum) last.push(file);
    else groups.push([file]);
  }
  return groups;
}
