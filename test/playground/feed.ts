/**
 * The stream to one page: the whole state first, then what changed, as soon as
 * it did. Server-sent events, since they come again by themselves.
 */
import type { ServerResponse } from "node:http";
import type { ChatRoom } from "../fakes/bot-api/chat.ts";
import type { BotApiModel } from "../fakes/bot-api/model.ts";
import { showMessages, showSurroundings } from "./snapshot.ts";
import type { WireChange, WireState } from "./wire.ts";

/** What the stream shows. `about` is what the double does not know. */
export interface FeedDeps {
  readonly model: BotApiModel;
  readonly room: ChatRoom;
  readonly about: () => Pick<WireState, "bot" | "claude" | "folder">;
}

/** Changes that come closer than this are told together. */
const togetherMs = 15;
/** A line now and then, so that neither side takes a quiet stream for a dead one. */
const aliveMs = 20_000;

/** Streams into `response` until it is closed. */
export function feed({ model, room, about }: FeedDeps, response: ServerResponse): void {
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  let since = model.changes.seq;
  let timer: NodeJS.Timeout | undefined;
  let told: Partial<WireState> = { ...about(), ...showSurroundings(model, room) };
  write(response, { isWhole: true, ...told, messages: showMessages(room, -1).messages });

  const tell = (): void => {
    timer = undefined;
    const upTo = model.changes.seq;
    const { messages, gone } = showMessages(room, since);
    since = upTo;
    const surroundings = { ...about(), ...showSurroundings(model, room) };
    const change: WireChange = {
      ...differing(told, surroundings),
      ...(messages.length === 0 ? {} : { messages }),
      ...(gone.length === 0 ? {} : { gone }),
    };
    told = surroundings;
    if (Object.keys(change).length > 0) write(response, change);
  };
  const unsubscribe = model.changes.subscribe(() => {
    timer ??= setTimeout(tell, togetherMs);
  });
  const alive = setInterval(() => response.write(":\n\n"), aliveMs);
  response.on("close", () => {
    unsubscribe();
    clearInterval(alive);
    clearTimeout(timer);
  });
}

function differing(before: Partial<WireState>, after: Partial<WireState>): Partial<WireState> {
  const old = before as Record<string, unknown>;
  const changed = Object.entries(after).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(old[key]),
  );
  return Object.fromEntries(changed);
}

function write(response: ServerResponse, change: WireChange): void {
  response.write(`data: ${JSON.stringify(change)}\n\n`);
}
