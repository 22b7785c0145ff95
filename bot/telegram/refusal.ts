/**
 * Why a call to Telegram failed, as a value to decide by. Pure, and it never
 * throws: what is not Telegram's own word may mean anything. It never keeps the
 * error itself: grammY's errors hold the token and the message.
 */
import { GrammyError, HttpError } from "grammy";
import { codeOf } from "../error-code.ts";

export type Refusal =
  /** Too many requests: nothing was done; the whole chat waits. */
  | { kind: "flood"; retryAfterMs: number }
  /** An edit that changes nothing: as good as done. */
  | { kind: "unchanged" }
  /** The message is not there any more. */
  | { kind: "gone" }
  /** The topic is not there any more. */
  | { kind: "topic_gone" }
  /** The chat cannot be written to: blocked, kicked, deleted. */
  | { kind: "closed" }
  /** Telegram will never take this as it is. */
  | { kind: "bad_request" }
  /** Nothing was done: the call never left this machine, or the token is not known. */
  | { kind: "unreached" }
  /** It may have been carried out, or not. */
  | { kind: "unsure" };

/** Failures before a connection stood: the call cannot have been carried out. */
const BEFORE_CONNECTING = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
]);

/** Refusals of the chat rather than of the message, that are no 403. */
const CLOSED =
  /chat not found|PEER_ID_INVALID|upgraded to a supergroup|not enough rights|have no rights|CHAT_WRITE_FORBIDDEN/i;

/** Classifies what `bot.api` threw; texts are the real server's. */
export function readRefusal(error: unknown): Refusal {
  if (error instanceof HttpError) {
    return { kind: BEFORE_CONNECTING.has(codeOf(error.error) ?? "") ? "unreached" : "unsure" };
  }
  // Also a proxy's own JSON, which grammY takes for Telegram's: it has no code.
  if (!(error instanceof GrammyError) || typeof error.error_code !== "number") return { kind: "unsure" };
  const { error_code: code } = error;
  if (code === 429) return { kind: "flood", retryAfterMs: retryAfterOf(error) * 1_000 };
  if (code >= 500) return { kind: "unsure" };
  const description: unknown = error.description;
  // A server too old for the method will never take it.
  if (code === 404 && /method not found/i.test(String(description))) return { kind: "bad_request" };
  // The token was changed: nothing was done, and with the new one it can be.
  if (code === 401 || code === 404) return { kind: "unreached" };
  if (typeof description !== "string") return { kind: "unsure" };
  if (/message is not modified|TOPIC_NOT_MODIFIED/.test(description)) return { kind: "unchanged" };
  if (/message to edit not found|message can't be edited|MESSAGE_ID_INVALID/i.test(description))
    return { kind: "gone" };
  if (/message thread not found|topic.*(closed|deleted)/i.test(description)) return { kind: "topic_gone" };
  if (code === 403 || CLOSED.test(description)) return { kind: "closed" };
  return { kind: "bad_request" };
}

function retryAfterOf(error: GrammyError): number {
  const parameters: { retry_after?: unknown } | undefined = error.parameters;
  return typeof parameters?.retry_after === "number" ? parameters.retry_after : 3;
}
