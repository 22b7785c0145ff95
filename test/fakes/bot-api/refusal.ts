/**
 * How the Bot API says no: a code and the real server's words for it.
 * Thrown by the model, written as `{ok: false, …}` by the HTTP front.
 */

/** A refused call; `retryAfterS` stands in `parameters.retry_after` and in the header. */
export class Refusal extends Error {
  readonly code: number;
  readonly description: string;
  readonly retryAfterS: number | undefined;

  constructor(code: number, description: string, retryAfterS?: number) {
    super(`${code} ${description}`);
    this.name = "Refusal";
    this.code = code;
    this.description = description;
    this.retryAfterS = retryAfterS;
  }
}

/** A 400; the first letter is lowered as the real server does, unless the second is a capital too. */
export function badRequest(what: string): Refusal {
  const isCode = /^.[A-Z_]/.test(what);
  const words = isCode ? what : `${what.slice(0, 1).toLowerCase()}${what.slice(1)}`;
  return new Refusal(400, words.startsWith("Bad Request") ? words : `Bad Request: ${words}`);
}

/** A 403. */
export function forbidden(what: string): Refusal {
  return new Refusal(403, `Forbidden: ${what}`);
}

/** A 429 for `seconds`. */
export function tooMany(seconds: number): Refusal {
  return new Refusal(429, `Too Many Requests: retry after ${seconds}`, seconds);
}

/** What the older of two polls is told. */
export const otherPoll = (): Refusal =>
  new Refusal(
    409,
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
  );

/** What a poll is told while a webhook is set. */
export const webhookIsSet = (): Refusal =>
  new Refusal(
    409,
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
  );
