/**
 * A strict local Bot API: everything a test needs in one object. Start it, give
 * its `url` to a bot as TELEGRAM_API_ROOT, talk through its people, look at its
 * chats, and find what was wrong in `violations`.
 */
import type { ChatRoom } from "./chat.ts";
import { type Fault, type FaultPlan, Faults } from "./faults.ts";
import { listen } from "./http.ts";
import { BotApiModel, type Call, type GroupOptions } from "./model.ts";
import type { Person } from "./person.ts";
import type { FloodLimit, StateOptions, Violation } from "./state.ts";

/** What can be set; everything has a default. */
export interface BotApiOptions extends StateOptions {
  readonly token?: string;
  readonly port?: number;
}

/** A running double. */
export interface BotApi {
  /** `http://127.0.0.1:port`, for TELEGRAM_API_ROOT. */
  readonly url: string;
  readonly token: string;
  readonly model: BotApiModel;
  /** Every call, in order. */
  readonly calls: readonly Call[];
  /** What the bot should not have done; empty after a good test. */
  readonly violations: readonly Violation[];
  /** Number of the last change, to look back at later (`since`). */
  readonly mark: number;
  /** A person by id. */
  readonly user: (id: number, options?: { name?: string }) => Person;
  /** A group with the bot in it. */
  readonly group: (id: number, options?: GroupOptions) => ChatRoom;
  /** A topic in a chat, made by a person. */
  readonly topic: (chat: ChatRoom, name: string) => number;
  /** A chat that exists; throws where there is none. */
  readonly chat: (id: number) => ChatRoom;
  /** Puts a fault in force. One on getUpdates ends the waiting poll, so that the next one meets it at once. */
  readonly fault: (plan: FaultPlan) => Fault;
  readonly clearFaults: () => void;
  /** Limits the calls a chat takes; `undefined` lifts it. */
  readonly flood: (limit: FloodLimit | undefined) => void;
  /** Cuts the network: every connection, open or new, is destroyed until `goOnline`. */
  readonly goOffline: () => void;
  readonly goOnline: () => void;
  readonly waitForCall: BotApiModel["waitForCall"];
  readonly close: () => Promise<void>;
}

/** A token of the right shape that opens nothing. */
const testToken = "4242424242:AAFakeTokenForTheLocalDoubleOnly00000";

/** Starts a double on 127.0.0.1; whoever starts it closes it. */
export async function startBotApi(options: BotApiOptions = {}): Promise<BotApi> {
  const { token = testToken, port = 0, ...rest } = options;
  const model = new BotApiModel(rest);
  const faults = new Faults(model.changes);
  let isOffline = false;
  const front = await listen({ model, faults, token, isOffline: () => isOffline }, port);
  return {
    url: front.url,
    token,
    model,
    calls: model.calls,
    violations: model.violations,
    get mark() {
      return model.changes.seq;
    },
    user: (id, userOptions) => model.user(id, userOptions),
    group: (id, groupOptions) => model.group(id, groupOptions),
    topic: (chat, name) => model.topic(chat, name),
    chat: (id) => {
      const room = model.chats.get(id);
      if (room === undefined) throw new Error(`the double has no chat ${id}`);
      return room;
    },
    fault: (plan) => {
      const fault = faults.add(plan);
      if (plan.method === "getUpdates") model.updates.interrupt();
      return fault;
    },
    clearFaults: () => faults.clear(),
    flood: (limit) => {
      model.floodLimit = limit;
    },
    goOffline: () => {
      isOffline = true;
      front.cut();
    },
    goOnline: () => {
      isOffline = false;
    },
    waitForCall: (method, predicate, waitOptions) => model.waitForCall(method, predicate, waitOptions),
    close: () => front.close(),
  };
}
