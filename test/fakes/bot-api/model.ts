/**
 * The double without HTTP: calls come in as a name and parameters, results or
 * refusals go out, everything is written down. The HTTP front and a page that
 * plays Telegram both stand on this.
 */
import type { ChatRoom } from "./chat.ts";
import type { WaitOptions } from "./changes.ts";
import { openTopic } from "./groups.ts";
import { isRecord } from "./outgoing.ts";
import { otherMethods } from "./other-methods.ts";
import { methodName, type Payload, readPayload } from "./parameters.ts";
import { Person } from "./person.ts";
import { Refusal, webhookIsSet } from "./refusal.ts";
import { sendMethods, type Upload } from "./send-methods.ts";
import { BotApiState, type StateOptions } from "./state.ts";

/** One call the bot made. */
export interface Call {
  readonly index: number;
  readonly method: string;
  readonly payload: Payload;
  /** Wall clock, ms. */
  readonly at: number;
  /** Number of the last change before it. */
  readonly mark: number;
  /** `waiting` until it is answered; `fault` where a scripted one stood in the way. */
  outcome: "waiting" | "ok" | "refused" | "fault";
  result?: unknown;
  /** Why it was refused, or which fault. */
  error?: string;
  /** What became of it after it was carried out, where a fault cut the answer. */
  fault?: string;
}

/** A group in the double. */
export interface GroupOptions {
  readonly title?: string;
  readonly isForum?: boolean;
  /** The bot may open topics. */
  readonly isBotAdmin?: boolean;
}

/** State, methods, people and the record of calls. */
export class BotApiModel extends BotApiState {
  readonly calls: Call[] = [];
  readonly #people = new Map<number, Person>();

  constructor(options: StateOptions = {}) {
    super(options);
  }

  /** A person by id; made at the first time. Strangers are people too. */
  user(id: number, { name = `User${id}` }: { name?: string } = {}): Person {
    const known = this.#people.get(id);
    if (known !== undefined) return known;
    const person = new Person(this, id, name);
    this.#people.set(id, person);
    return person;
  }

  /** A group that has the bot; ids are negative. */
  group(id: number, options: GroupOptions = {}): ChatRoom {
    const { title = `Group ${id}`, isForum = false, isBotAdmin = false } = options;
    const room = this.open({
      id,
      type: "supergroup",
      title,
      ...(isForum ? { is_forum: true as const } : {}),
    });
    room.isBotAdmin = isBotAdmin;
    return room;
  }

  /** A topic in a chat, made by a person before the bot looked; gives its id. */
  topic(room: ChatRoom, name: string): number {
    return openTopic(room, name, { id: 1, is_bot: false, first_name: "Somebody" }, this.bot).id;
  }

  /** Writes a call down before anything is done about it; parameters the method does not have are violations. */
  record(asked: string, raw: Readonly<Record<string, unknown>>): Call {
    const method = methodName(asked);
    if (method === undefined) {
      this.#note(asked, raw, { outcome: "refused", error: "method not found" });
      this.violate(asked, "a method the double does not know", raw);
      throw new Refusal(404, "Not Found: method not found");
    }
    const { payload, unknown } = readPayload(method, raw);
    for (const name of unknown)
      this.violate(method, `a parameter that is unknown or deprecated: ${name}`, raw);
    return this.#note(method, payload, { outcome: "waiting" });
  }

  /** Carries a recorded call out. Refusals are thrown and written down. `signal`: the bot hung up. */
  async carryOut(call: Call, uploads: ReadonlyMap<string, Upload>, signal: AbortSignal): Promise<unknown> {
    const { method, payload } = call;
    try {
      if (method === "getUpdates" && this.webhookUrl !== "") throw webhookIsSet();
      const result: unknown =
        method === "getUpdates"
          ? await this.updates.poll(payload, signal)
          : this.#run(method, payload, uploads);
      call.outcome = "ok";
      call.result = structuredClone(result);
      return result;
    } catch (error) {
      call.outcome = "refused";
      call.error = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      this.changes.next();
      this.changes.tell();
    }
  }

  /** The calls of one method, in order. */
  callsOf(method: string): readonly Call[] {
    return this.calls.filter((call) => call.method === method);
  }

  /** Resolves with a call that passes, past or to come; `since` is an index into `calls`. */
  waitForCall(
    method: string,
    predicate: (call: Call) => boolean = () => true,
    options: WaitOptions & { readonly since?: number } = {},
  ): Promise<Call> {
    const { since = 0 } = options;
    const find = (): Call | undefined =>
      this.calls.find((call) => call.index >= since && call.method === method && predicate(call));
    return this.changes.waitFor(find, () => this.describeCalls(), {
      what: `a call of ${method}`,
      ...options,
    });
  }

  /** The last calls in words. */
  describeCalls(count = 30): string {
    const lines = this.calls.slice(-count).map(({ index, method, payload, outcome, error, fault }) => {
      const short = JSON.stringify(payload).slice(0, 160);
      return `  ${index} ${method} ${short} → ${[outcome, error, fault].filter(Boolean).join(": ")}`;
    });
    return `The last calls:\n${lines.join("\n")}`;
  }

  #run(method: string, payload: Payload, uploads: ReadonlyMap<string, Upload>): unknown {
    const run = sendMethods[method] ?? otherMethods[method];
    if (run === undefined) throw new Error(`${method} has parameters but is not written`);
    return run({ state: this, method, payload, uploads });
  }

  #note(method: string, payload: unknown, rest: Pick<Call, "outcome"> & { error?: string }): Call {
    const call: Call = {
      index: this.calls.length,
      method,
      payload: isRecord(payload) ? payload : {},
      at: this.clock(),
      mark: this.changes.seq,
      ...rest,
    };
    this.calls.push(call);
    this.changes.next();
    this.changes.tell();
    return call;
  }
}
