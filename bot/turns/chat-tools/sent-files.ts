/**
 * The files that one turn put into its chat: our copies in the turn's folder,
 * and the list of them. Promises that a file is in the list, durably, before
 * anyone shows it, so that an answer is the same in the next life. It does not
 * know where the files come from.
 */
import { mkdir } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { z } from "zod";
import { type DiskFull, orDiskFull } from "../../store/disk.ts";
import { readJson, syncFolder, writeJson } from "../../store/json-file.ts";
import type { TurnPaths } from "../../store/paths.ts";
import { copyWhole } from "../../store/whole-copy.ts";
import type { SentFile } from "../view.ts";

const listSchema = z.looseObject({
  version: z.literal(1),
  files: z.array(
    z.object({
      /** The request it was sent by. */
      key: z.string(),
      number: z.int().nonnegative(),
      name: z.string(),
      bytes: z.int(),
      isPhoto: z.boolean(),
      caption: z.string(),
      /** The file it was copied from, absolute. */
      source: z.string().exactOptional(),
    }),
  ),
});
type Listed = z.infer<typeof listSchema>["files"][number];

/** A file to be kept and shown. */
export interface FileToSend {
  readonly key: string;
  readonly file: FileHandle;
  /** Where it lies, absolute. */
  readonly source: string;
  readonly name: string;
  readonly isPhoto: boolean;
  readonly caption: string;
  readonly maxBytes: number;
}

/** The file as it is shown, or why it is not. */
export type KeptFile =
  | { readonly ok: true; readonly id: string; readonly file: SentFile }
  | { readonly ok: false; readonly kind: "too_big" | "too_many" }
  | DiskFull;

export interface SentFiles {
  /** What was sent by the request `key`. */
  find(key: string): { readonly id: string; readonly file: SentFile } | undefined;
  /** Whether the file `source` was sent. */
  has(source: string): boolean;
  /** Copies a file and lists it; one at a time. */
  keep(wish: FileToSend): Promise<KeptFile>;
}

/** A turn that sends more has lost its way; so has a disk that keeps more. */
const MOST_FILES = 20;
const MOST_BYTES = 200 * 1024 * 1024;

/** Reads what the turn has sent so far. */
export async function openSentFiles({ sent }: Pick<TurnPaths, "sent">): Promise<SentFiles> {
  // A disk that cannot even be read ends more than this: the run that is under way must be followed.
  const read = await readJson(sent.list, listSchema).catch(() => undefined);
  let files: readonly Listed[] = read?.ok ? read.value.files : [];
  let last: Promise<unknown> = Promise.resolve();

  const shown = (listed: Listed) => {
    const { number, name, bytes, isPhoto, caption } = listed;
    return { id: `file-${number}`, file: { path: sent.copy(number), name, bytes, isPhoto, caption } };
  };

  async function keep({
    key,
    file,
    source,
    name,
    isPhoto,
    caption,
    maxBytes,
  }: FileToSend): Promise<KeptFile> {
    const room = MOST_BYTES - files.reduce((sum, { bytes }) => sum + bytes, 0);
    if (files.length >= MOST_FILES || room <= 0) return { ok: false, kind: "too_many" };
    const number = files.length + 1;
    const kept = await orDiskFull(async (): Promise<KeptFile> => {
      if ((await mkdir(sent.root, { recursive: true, mode: 0o700 })) !== undefined)
        await syncFolder(sent.turn);
      const copied = await copyWhole(file, sent.copy(number), Math.min(maxBytes, room));
      if (!copied.ok)
        return copied.kind === "too_big" && room < maxBytes ? { ok: false, kind: "too_many" } : copied;
      const listed = { key, number, name, bytes: copied.bytes, isPhoto, caption, source };
      await writeJson(sent.list, { version: 1, files: [...files, listed] });
      files = [...files, listed];
      return { ok: true, ...shown(listed) };
    });
    return kept;
  }

  return {
    find(key) {
      const listed = files.find((each) => each.key === key);
      return listed && shown(listed);
    },
    has: (source) => files.some((each) => each.source === source),
    async keep(wish) {
      const mine = last.then(() => keep(wish));
      last = mine.catch(() => {});
      return mine;
    },
  };
}
