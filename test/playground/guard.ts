/**
 * Who may use the page. It drives a bot that can use this machine, so it is
 * reached over the loopback only, under an address with a secret in it, and by
 * no other site's script: Host stops rebound names, Origin foreign pages. Pure.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** A request, as far as it matters here. */
export interface Visit {
  readonly method: string;
  /** With the leading slash, still encoded. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string | undefined;
}

/** The rest of the path behind the secret, or why there is none. */
export type Admission =
  | { readonly ok: true; readonly rest: string }
  | { readonly ok: false; readonly status: 403 | 404; readonly sentence: string };

/** Whether an address is this machine's own and nobody else's. */
export function isLoopback(host: string): boolean {
  return /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/.test(host);
}

/** Lets a visit in, or says why not. */
export function admit(visit: Visit, { port, key }: { port: number; key: string }): Admission {
  const { method, path, headers, remoteAddress = "" } = visit;
  if (!isLoopback(remoteAddress.replace(/^::ffff:/, "")))
    return refused("This page is for this machine only.");
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const { host = "", origin } = headers;
  if (!hosts.includes(host)) return refused(`This page is at ${hosts[0]} and goes by no other name.`);
  const isReading = method === "GET" || method === "HEAD";
  if (origin === undefined ? !isReading : origin !== `http://${host}`)
    return refused("This was asked by a page of another place.");
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none")
    return refused("This was asked by a page of another place.");
  const [, given = "", rest] = /^\/([^/]*)\/(.*)$/.exec(path) ?? [];
  if (rest === undefined || !isSame(given, key))
    return {
      ok: false,
      status: 404,
      sentence:
        "Nothing here. Open the whole address that `npm run playground` printed; each start has its own.",
    };
  return { ok: true, rest };
}

function refused(sentence: string): Admission {
  return { ok: false, status: 403, sentence };
}

function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
