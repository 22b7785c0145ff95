/**
 * What came with a message, from Telegram into the session's `uploads/`: each
 * file under a name of ours, with what the model may be shown of it. It promises
 * that the person's names are never paths, and that every failure is a value. It
 * does not know how a file is fetched, nor how speech becomes text.
 */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Claude } from "../claude/claude.ts";
import { writeFileDurably } from "../store/json-file.ts";
import type { Paths } from "../store/paths.ts";
import type { Session } from "../store/session.ts";
import type { Attachment, KeptOrder } from "./order.ts";
import { type FileType, fileTypeOf } from "./file-type.ts";
import { markerOf } from "./prepare.ts";
import type { Note, Refusal } from "./view.ts";

/** A file's bytes, or why there are none: too big to be fetched, not there any more, or Telegram was not reached. */
export type Fetched =
  | { ok: true; bytes: Buffer }
  | { ok: false; kind: "too_big" | "gone" | "unreached" | "stopped" };

/** Fetches a file of Telegram's, or its first bytes; tries again by itself, for a bounded time. */
export type FetchFile = (fileId: string, signal: AbortSignal, firstBytes?: number) => Promise<Fetched>;

/** What was said in a file, or why that is not known. `detail` is the last line of what the command wrote. */
export type Heard =
  | { ok: true; text: string }
  | {
      ok: false;
      kind: "not_set_up" | "not_started" | "failed" | "timed_out" | "silence" | "stopped";
      detail?: string;
    };

/** What bringing files in needs; an aborted signal ends either at once. */
export interface AttachmentDeps {
  readonly paths: Paths;
  readonly fetchFile: FetchFile;
  /** Makes text of the speech in the file at `path`; what it starts carries the turn's `marker`. */
  readonly transcribe: (path: string, marker: string, signal: AbortSignal) => Promise<Heard>;
  readonly claude: Claude;
}

/** A file that lies in `uploads/` now. */
export interface Upload {
  readonly attachment: Attachment;
  readonly path: string;
  readonly bytes: number;
  readonly type: FileType;
  /** What the model is shown of it at once, as the Messages API spells it. */
  readonly block?: Readonly<Record<string, unknown>>;
}

/** Everything that came with a message. `heard` is what its voice messages said. */
export type BroughtIn =
  | { ok: true; uploads: readonly Upload[]; notes: readonly Note[]; heard?: string }
  | { ok: false; kind: "refused"; refusal: Refusal }
  | { ok: false; kind: "stopped" };

/**
 * What a message may carry in itself. The CLI says each message again in one
 * line, and a line of more than 8 MiB is not read; whatever is beyond is in
 * `uploads/` for the CLI's own Read.
 */
const MAX_INLINE_BYTES = 5 * 1024 * 1024;
/** A text beyond this is better read in pieces: all of it would stay in the context for good. */
const MAX_TEXT_BYTES = 64 * 1024;

/** Brings in the files of an order, one after the other. Throws if the disk refuses. */
export async function bringIn(
  deps: AttachmentDeps,
  session: Session,
  updateId: number,
  order: Pick<KeptOrder, "attachments" | "heard">,
  signal: AbortSignal,
): Promise<BroughtIn> {
  const uploads: Upload[] = [];
  const spoken: string[] = [];
  let room = MAX_INLINE_BYTES;
  for (const [index, attachment] of (order.attachments ?? []).entries()) {
    const isVoice = attachment.kind === "voice";
    // Heard in an earlier life of the bot, and shown then.
    if (isVoice && order.heard !== undefined) continue;
    const fetched = await deps.fetchFile(attachment.fileId, signal);
    if (!fetched.ok) return notFetched(attachment, fetched.kind);
    const { bytes } = fetched;
    const type = fileTypeOf(bytes, attachment);
    const path = deps.paths.upload(session.folder, updateId, index + 1, type.ending);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFileDurably(path, bytes);
    if (isVoice) {
      const marker = markerOf(session, updateId);
      // Of a life that was killed while it listened.
      await deps.claude.sweep(marker);
      const heard = await deps.transcribe(path, marker, signal);
      if (!heard.ok) return notHeard(heard);
      spoken.push(heard.text);
      continue;
    }
    const block = bytes.length <= room ? blockOf(type, bytes, attachment) : undefined;
    if (block !== undefined) room -= bytes.length;
    uploads.push({ attachment, path, bytes: bytes.length, type, ...(block === undefined ? {} : { block }) });
  }
  const heard = order.heard ?? (spoken.length > 0 ? spoken.join("\n\n") : undefined);
  return { ok: true, uploads, notes: notesOn(uploads), ...(heard === undefined ? {} : { heard }) };
}

function blockOf(type: FileType, bytes: Buffer, { name }: Attachment): Upload["block"] {
  switch (type.kind) {
    case "image":
    case "pdf": {
      const source = { type: "base64", media_type: type.mimeType, data: bytes.toString("base64") };
      return { type: type.kind === "pdf" ? "document" : "image", source };
    }
    case "text": {
      if (bytes.length > MAX_TEXT_BYTES) return undefined;
      const source = { type: "text", media_type: "text/plain", data: type.text };
      return {
        type: "document",
        source,
        ...(name === undefined ? {} : { title: name.slice(0, 200).toWellFormed() }),
      };
    }
    case "other":
      return undefined;
  }
}

function notesOn(uploads: readonly Upload[]): Note[] {
  return uploads.flatMap(({ attachment, type }) =>
    type.kind === "other" && type.broken !== undefined
      ? [{ kind: "broken_file", as: type.broken, ...named(attachment) } as const]
      : [],
  );
}

function notFetched(attachment: Attachment, kind: (Fetched & { ok: false })["kind"]): BroughtIn {
  if (kind === "stopped") return { ok: false, kind };
  const refusal = { kind: "file_not_fetched", why: kind, ...named(attachment) } as const;
  return { ok: false, kind: "refused", refusal };
}

function notHeard({ kind, detail }: Heard & { ok: false }): BroughtIn {
  if (kind === "stopped") return { ok: false, kind };
  const refusal = { kind: "not_heard", why: kind, ...(detail === undefined ? {} : { detail }) } as const;
  return { ok: false, kind: "refused", refusal };
}

function named({ name }: Attachment): { name?: string } {
  return name === undefined ? {} : { name };
}
