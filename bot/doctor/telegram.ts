/**
 * What several checks want to know of Telegram, asked once for each examination.
 * It promises that a check gets a fact or the answer that stands in its way.
 */
import { z } from "zod";
import type { Answer, CallTelegram } from "./bot-api.ts";

const meSchema = z.object({
  id: z.number(),
  username: z.string(),
  first_name: z.string().default(""),
  can_read_all_group_messages: z.boolean().default(false),
});
const webhookSchema = z.object({ url: z.string(), pending_update_count: z.number().default(0) });

/** Who the bot is. */
export type Me = Readonly<z.infer<typeof meSchema>>;

/** Where its updates go: `host` of a webhook, undefined if they wait to be polled. */
export interface Inbox {
  readonly host: string | undefined;
  readonly waiting: number;
}

/** Telegram, asked lazily. */
export interface Telegram {
  readonly call: CallTelegram;
  /** The answer to getMe itself: for the token and the clock. */
  readonly hello: () => Promise<Answer>;
  /** undefined where getMe gave none. */
  readonly me: () => Promise<Me | undefined>;
  /** undefined where it cannot be asked. */
  readonly inbox: () => Promise<Inbox | undefined>;
}

/** Wraps `call`; each fact is asked for once. */
export function createTelegram(call: CallTelegram): Telegram {
  const hello = once(() => call("getMe"));
  const inbox = once(async () => readInbox(await call("getWebhookInfo")));
  return { call, hello, me: async () => readMe(await hello()), inbox };
}

/** Who an answer to getMe says the bot is. */
export function readMe(answer: Answer): Me | undefined {
  return answer.kind === "ok" ? meSchema.safeParse(answer.result).data : undefined;
}

/** What an answer to getWebhookInfo says. Only the host: the rest of the address may be a secret. */
export function readInbox(answer: Answer): Inbox | undefined {
  const info = answer.kind === "ok" ? webhookSchema.safeParse(answer.result).data : undefined;
  if (info === undefined) return undefined;
  const host = info.url === "" ? undefined : URL.canParse(info.url) ? new URL(info.url).host : "an address";
  return { host, waiting: info.pending_update_count };
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => (asked ??= ask());
}
