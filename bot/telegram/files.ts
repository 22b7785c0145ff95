/**
 * A file that a person sent → its bytes. It promises a value for every failure,
 * a bounded time, and that the address, which holds the token, is nowhere but in
 * the request itself: it follows no redirect and logs none of it. It does not
 * know what the file is for.
 */
import { type Api, GrammyError } from "grammy";
import type { Fetched, FetchFile } from "../turns/attachments.ts";
import { MAX_FETCH_BYTES } from "./incoming.ts";
import { readRefusal } from "./refusal.ts";

export interface FilesDeps {
  readonly api: Pick<Api, "getFile">;
  /** Without a slash at its end. */
  readonly apiRoot: string;
  readonly token: string;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Before the second try, the third, the fourth: at most 4 × 60 s and these in all. */
const PAUSES_MS = [1_000, 3_000, 10_000];
const DOWNLOAD_MS = 60_000;
/** A flood that lasts longer is a failure. */
const LONGEST_FLOOD_MS = 30_000;

type Try = Fetched | { ok: false; kind: "again"; afterMs?: number };

/** Makes the function that fetches; an aborted signal ends it at once. With `firstBytes`, only so many are fetched. */
export function createFetchFile(deps: FilesDeps): FetchFile {
  return async (fileId, signal, firstBytes) => {
    for (const pauseMs of [...PAUSES_MS, undefined]) {
      const tried = await tryOnce(deps, fileId, signal, firstBytes).catch((): Try => ({
        ok: false,
        kind: "again",
      }));
      if (signal.aborted) return { ok: false, kind: "stopped" };
      if (tried.ok || tried.kind !== "again") return tried;
      if (pauseMs === undefined || (tried.afterMs ?? 0) > LONGEST_FLOOD_MS) break;
      await deps.wait(Math.max(pauseMs, tried.afterMs ?? 0), signal);
    }
    return { ok: false, kind: signal.aborted ? "stopped" : "unreached" };
  };
}

async function tryOnce(
  { api, apiRoot, token }: FilesDeps,
  fileId: string,
  signal: AbortSignal,
  firstBytes: number | undefined,
): Promise<Try> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(DOWNLOAD_MS)]);
  const described = await api
    // grammY's type is another package's AbortSignal; Node's works.
    .getFile(fileId, bounded as unknown as Parameters<Api["getFile"]>[1])
    .catch((error: unknown) => ({ refusal: refused(error) }));
  if ("refusal" in described) return described.refusal;
  const path = safePath(described.file_path);
  if (path === undefined) return { ok: false, kind: "gone" };
  const answer = await fetch(`${apiRoot}/file/bot${token}/${path}`, { redirect: "error", signal: bounded });
  if (!answer.ok || answer.body === null) {
    await answer.body?.cancel();
    return { ok: false, kind: "again" };
  }
  const bytes = await readBounded(answer.body, firstBytes);
  if (bytes === undefined) return { ok: false, kind: "too_big" };
  // Cut off, though the connection ended well.
  const expected = Math.min(described.file_size ?? bytes.length, firstBytes ?? Infinity);
  return bytes.length === expected ? { ok: true, bytes } : { ok: false, kind: "again" };
}

function refused(error: unknown): Try {
  if (error instanceof GrammyError && error.error_code === 400)
    return /file is too big/i.test(error.description)
      ? { ok: false, kind: "too_big" }
      : // "… or the file is temporarily unavailable": asked once more it may be there.
        { ok: false, kind: /temporarily/i.test(error.description) ? "again" : "gone" };
  const refusal = readRefusal(error);
  return { ok: false, kind: "again", ...(refusal.kind === "flood" ? { afterMs: refusal.retryAfterMs } : {}) };
}

/** The path below the address, as Telegram gives it; a local server's is one of its own disk, and of no use here. */
function safePath(path: string | undefined): string | undefined {
  const parts = path?.split("/") ?? [];
  return parts.length === 0 || parts.some((part) => part === "" || part === "." || part === "..")
    ? undefined
    : parts.map(encodeURIComponent).join("/");
}

async function readBounded(
  body: ReadableStream<Uint8Array>,
  firstBytes = Infinity,
): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop ends the download.
  for await (const chunk of body) {
    length += chunk.length;
    chunks.push(chunk);
    if (length >= firstBytes) break;
    if (length > MAX_FETCH_BYTES) return undefined;
  }
  return Buffer.concat(chunks).subarray(0, firstBytes);
}
