/**
 * A file that was offered under an answer, found again when it is asked for. It
 * promises that only those in the session's own chat find it, that it is as
 * confined then as if Claude sent it, and that what is given is a copy.
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { z } from "zod";
import { openConfined } from "../../store/confined-file.ts";
import { readJson } from "../../store/json-file.ts";
import type { Paths } from "../../store/paths.ts";
import type { SessionManager } from "../../store/session-manager.ts";
import { type Session, shortId } from "../../store/session.ts";
import { copyWhole } from "../../store/whole-copy.ts";
import { boundsOf } from "../chat-tools/bounds.ts";
import { MOST_SENT_BYTES } from "../most-sent.ts";
import type { Place, SentFile } from "../view.ts";

/** The file as it is now; `isChanged` since it was offered. */
export type Offered =
  | { readonly ok: true; readonly file: SentFile; readonly isChanged: boolean }
  | { readonly ok: false; readonly kind: "expired" | "gone" | "too_big" | "disk_full" };

const receipt = z.looseObject({
  made: z.array(z.object({ path: z.string(), bytes: z.number(), changedAtMs: z.number() })),
});
const ROUNDED_MS = 1;

/** What a turn made, as far as it is there still; `id` is what `takeOffered` takes. */
export async function listMade(
  paths: Paths,
  session: Session,
  updateId: number,
): Promise<{ readonly id: string; readonly path: string }[]> {
  const read = await readJson(paths.turn(session.folder, updateId).receipt, receipt);
  const made = read.ok ? read.value.made : [];
  return made.flatMap(({ path }, n) =>
    existsSync(resolve(session.cwd, path)) ? [{ id: `${shortId(session)}:${updateId}:${n}`, path }] : [],
  );
}

/** Copies the file that `id` names, which is a button's and thus anybody's. */
export async function takeOffered(
  { sessions, paths }: { readonly sessions: SessionManager; readonly paths: Paths },
  place: Pick<Place, "chatId">,
  id: string,
): Promise<Offered> {
  const [, short, ...numbers] = /^([0-9a-f]{8}):(\d{1,15}):(\d{1,2})$/.exec(id) ?? [];
  const [updateId = 0, n = 0] = numbers.map(Number);
  const session = sessions.list(place.chatId).find((each) => shortId(each) === short);
  if (session === undefined) return { ok: false, kind: "expired" };
  const turn = paths.turn(session.folder, updateId);
  const read = await readJson(turn.receipt, receipt);
  const offered = read.ok ? read.value.made[n] : undefined;
  if (offered === undefined) return { ok: false, kind: "expired" };
  const path = resolve(session.cwd, offered.path);
  const opened = await openConfined(path, boundsOf(paths, session));
  if (!opened.ok) return { ok: false, kind: "gone" };
  try {
    const { mtimeMs, size } = opened.stats;
    // A file that came back out of an archive has only its times rounded.
    const isChanged = size !== offered.bytes || mtimeMs > offered.changedAtMs + ROUNDED_MS;
    await mkdir(turn.sent.root, { recursive: true, mode: 0o700 });
    const copy = turn.sent.offered(n);
    const copied = await copyWhole(opened.file, copy, MOST_SENT_BYTES.file);
    if (!copied.ok) return { ok: false, kind: copied.kind };
    if (copied.bytes === 0) return { ok: false, kind: "gone" };
    const file = { path: copy, name: basename(path), bytes: copied.bytes, isPhoto: false, caption: "" };
    return { ok: true, file, isChanged };
  } finally {
    await opened.file.close();
  }
}
