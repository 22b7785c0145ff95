import { GrammyError, HttpError } from "grammy";
import { describe, expect, it } from "vitest";
import { readRefusal, type Refusal } from "../../bot/telegram/refusal.ts";

function answered(code: number, description: string, parameters: { retry_after?: number } = {}): GrammyError {
  return new GrammyError(
    "it failed",
    { ok: false, error_code: code, description, parameters },
    "sendMessage",
    {},
  );
}

describe("a call that failed", () => {
  it.each<[string, number, Refusal["kind"]]>([
    ["Too Many Requests: retry after 2", 429, "flood"],
    [
      "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
      400,
      "unchanged",
    ],
    ["Bad Request: message to edit not found", 400, "gone"],
    ["Bad Request: message can't be edited", 400, "gone"],
    ["Bad Request: MESSAGE_ID_INVALID", 400, "gone"],
    ["Bad Request: message thread not found", 400, "topic_gone"],
    ["Bad Request: TOPIC_CLOSED", 400, "topic_gone"],
    ["Bad Request: TOPIC_DELETED", 400, "topic_gone"],
    ["Forbidden: bot was blocked by the user", 403, "closed"],
    ["Forbidden: bot was kicked from the supergroup chat", 403, "closed"],
    ["Forbidden: user is deactivated", 403, "closed"],
    ["Bad Request: chat not found", 400, "closed"],
    ["Bad Request: PEER_ID_INVALID", 400, "closed"],
    ["Bad Request: not enough rights to send text messages to the chat", 400, "closed"],
    ["Bad Request: have no rights to send a message", 400, "closed"],
    ["Bad Request: group chat was upgraded to a supergroup chat", 400, "closed"],
    ["Bad Request: message is too long", 400, "bad_request"],
    ["Bad Request: message text is empty", 400, "bad_request"],
    ["Bad Request: ENTITY_BOUNDS_INVALID", 400, "bad_request"],
    ["Request Entity Too Large", 413, "bad_request"],
    ["Unauthorized", 401, "unreached"],
    ["Not Found", 404, "unreached"],
    ["Internal Server Error", 500, "unsure"],
    ["Bad Gateway", 502, "unsure"],
  ])("with %s (%i) is %s", (description, code, kind) => {
    expect(readRefusal(answered(code, description)).kind).toBe(kind);
  });

  it.each([
    [{ retry_after: 7 }, 7_000],
    [{}, 3_000],
  ])("because there were too many says how long to wait: %j", (parameters, retryAfterMs) => {
    expect(readRefusal(answered(429, "Too Many Requests", parameters))).toEqual({
      kind: "flood",
      retryAfterMs,
    });
  });

  it.each([
    ["ECONNREFUSED", "unreached"],
    ["ENOTFOUND", "unreached"],
    ["EAI_AGAIN", "unreached"],
    ["ENETUNREACH", "unreached"],
    ["ECONNRESET", "unsure"],
    ["EPIPE", "unsure"],
    ["ETIMEDOUT", "unsure"],
  ])("on the way by %s is %s", (code, kind) => {
    const cause = Object.assign(new Error("request failed"), { code });
    expect(readRefusal(new HttpError("failed", cause))).toEqual({ kind });
  });

  it.each([
    ["no error at all", undefined],
    ["one without a code", new Error("timed out")],
    ["a text", "no"],
  ])("on the way by %s may have been carried out", (_, cause) => {
    expect(readRefusal(new HttpError("failed", cause))).toEqual({ kind: "unsure" });
  });

  it.each<[string, unknown]>([
    ["an answer without a code: a proxy's", answered(undefined as unknown as number, "bad gateway")],
    ["an answer whose code is no number", answered("502" as unknown as number, "bad gateway")],
    ["an answer without anything", answered(400, undefined as unknown as string)],
    ["an answer that is none", new TypeError("Cannot read properties of null (reading 'ok')")],
    ["something that is no error", "no"],
  ])("with %s may have been carried out", (_, error) => {
    expect(readRefusal(error)).toEqual({ kind: "unsure" });
  });

  it("with 429 and no parameters says how long to wait all the same", () => {
    const error = answered(429, "Too Many Requests", undefined);
    Object.assign(error, { parameters: undefined });
    expect(readRefusal(error)).toEqual({ kind: "flood", retryAfterMs: 3_000 });
  });
});
