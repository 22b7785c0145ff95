/**
 * The log: JSON lines on stdout, each scrubbed of the token whatever path it
 * took to get there. Lines carry ids and lengths, never a message's text.
 */
import { type DestinationStream, type Logger, pino } from "pino";

export type { Logger };

/** Anything that looks like a bot token inside a URL or text. No `\b`: it follows "bot" without a boundary. */
const ANY_TOKEN = /\d{6,}:[\w-]{30,}/g;

/** Makes the logger. `token` never appears in what it writes, nor its URL-encoded form, nor its secret half. */
export function createLogger(options: {
  level: string;
  token: string;
  destination?: DestinationStream;
}): Logger {
  const scrub = scrubber(options.token);
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeError },
      hooks: { streamWrite: scrub },
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  );
}

/** What may be said of an error: never the whole object, since grammY's hold the token (in a URL) and the message (in a payload). */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  const facts: Record<string, unknown> = { name: error.name, message: error.message };
  for (const key of ["code", "error_code", "description", "method", "syscall"]) {
    if (key in error) facts[key] = (error as unknown as Record<string, unknown>)[key];
  }
  // A system error says all in its code; of another library's errors, only what was picked above may be said.
  const isForeign = "payload" in error || "error" in error || "command" in error || "code" in error;
  if (!isForeign && error.stack) facts["stack"] = error.stack;
  if ("error" in error && error.error instanceof Error) facts["cause"] = describeError(error.error);
  return facts;
}

function scrubber(token: string): (line: string) => string {
  const secret = token.slice(token.indexOf(":") + 1);
  const forms = [token, encodeURIComponent(token), ...(secret.length >= 6 ? [secret] : [])];
  return (line) => {
    let clean = line;
    for (const form of forms)
      if (form !== "" && clean.includes(form)) clean = clean.replaceAll(form, "[token]");
    return clean.replaceAll(ANY_TOKEN, "[token]");
  };
}
