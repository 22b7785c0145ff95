/**
 * The few calls to Telegram that the doctor and the set-up make. Not grammY: they
 * need the time that the answer carries and the system's own code where there is
 * none, and grammY hides both. It promises a value for every answer and every
 * failure, and that the token is in none of them. It never retries.
 */
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { codeOf } from "../error-code.ts";

/** What a call gave. `at` is Telegram's time of day, if it said it. */
export type Answer =
  | { readonly kind: "ok"; readonly result: unknown; readonly at?: Date }
  | { readonly kind: "refused"; readonly code: number; readonly description: string; readonly at?: Date }
  /** No answer of Telegram's: `code` is the system's, or says what came instead. */
  | { readonly kind: "unreachable"; readonly code: string };

/** Calls one method; never rejects. `waitSeconds` is a long poll's own wait, on top of the 10 s of every call. */
export type CallTelegram = (
  method: string,
  payload?: Readonly<Record<string, unknown>>,
  options?: { readonly waitSeconds?: number; readonly signal?: AbortSignal },
) => Promise<Answer>;

const LIMIT_MS = 10_000;
const MAX_BYTES = 8 * 1024 * 1024;

/** Makes the function that calls for the bot of `token`; `apiRoot` without a slash at its end. */
export function createBotApi({ apiRoot, token }: { apiRoot: string; token: string }): CallTelegram {
  const request = apiRoot.startsWith("https:") ? requestHttps : requestHttp;
  return (method, payload = {}, { waitSeconds = 0, signal } = {}) =>
    new Promise((resolve) => {
      const body = JSON.stringify({ ...payload, ...(waitSeconds > 0 && { timeout: waitSeconds }) });
      const limit = AbortSignal.timeout(LIMIT_MS + waitSeconds * 1_000);
      const call = request(
        `${apiRoot}/bot${token}/${method}`,
        {
          method: "POST",
          signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
          headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
        },
        (response) => {
          const date = Date.parse(response.headers.date ?? "");
          const at = Number.isNaN(date) ? {} : { at: new Date(date) };
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => {
            text += chunk;
            if (text.length > MAX_BYTES) response.destroy(Object.assign(new Error(), { code: "too long" }));
          });
          response.on("end", () => resolve({ ...parse(text), ...at }));
          response.on("error", (error) => resolve({ kind: "unreachable", code: codeOf(error) ?? "unknown" }));
        },
      );
      // An error may name the address, and the token is in it: only its code goes on.
      call.on("error", (error) =>
        resolve({ kind: "unreachable", code: limit.aborted ? "no answer" : (codeOf(error) ?? "unknown") }),
      );
      call.end(body);
    });
}

function parse(text: string): Answer {
  const strange: Answer = { kind: "unreachable", code: "an answer that is not Telegram's" };
  try {
    const answer = JSON.parse(text) as unknown;
    if (typeof answer !== "object" || answer === null || !("ok" in answer)) return strange;
    if (answer.ok === true && "result" in answer) return { kind: "ok", result: answer.result };
    const code = "error_code" in answer ? Number(answer.error_code) : 0;
    const description = "description" in answer ? String(answer.description) : "";
    return { kind: "refused", code, description };
  } catch {
    return strange;
  }
}
