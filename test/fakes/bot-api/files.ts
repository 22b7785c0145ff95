/**
 * The files the double holds: sent by people, uploaded by the bot. A file of a
 * given size without bytes stands for one that is too big to make in a test.
 */
import type { Changes } from "./changes.ts";
import { badRequest } from "./refusal.ts";

/** The most `getFile` gives out, as on the real server. */
const maxDownloadBytes = 20 * 1024 * 1024;
/** The most an upload may have. */
export const maxUploadBytes = 50 * 1024 * 1024;

/** The most a photo may have. */
const maxPhotoBytes = 10 * 1024 * 1024;
/** Of a photo's width and height together, and of the one against the other. */
const maxPhotoSides = 10_000;
const maxPhotoRatio = 20;

/** One stored file; `path` is the last part of its download address. */
export interface StoredFile {
  readonly fileId: string;
  readonly uniqueId: string;
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly path: string;
}

/** What a new file is made of. */
export interface NewFile {
  readonly name: string;
  readonly bytes?: Uint8Array | string;
  /** A size it only claims to have. */
  readonly size?: number;
  readonly mime?: string;
}

/** Files by id and by path. */
export class Files {
  readonly #byId = new Map<string, StoredFile>();
  readonly #changes: Changes;

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** Stores a file in `folder` (documents, photos, …) and gives it its ids. */
  add(folder: string, file: NewFile): StoredFile {
    const number = this.#byId.size + 1;
    const bytes = typeof file.bytes === "string" ? Buffer.from(file.bytes) : (file.bytes ?? new Uint8Array());
    const ending = /\.[A-Za-z0-9]{1,8}$/.exec(file.name)?.[0] ?? "";
    const stored: StoredFile = {
      fileId: `BQACAgIAAxkBAAI${String(number).padStart(6, "0")}`,
      uniqueId: `AgAD${String(number).padStart(6, "0")}`,
      name: file.name,
      mimeType: file.mime ?? "application/octet-stream",
      bytes,
      size: file.size ?? bytes.byteLength,
      path: `${folder}/file_${number}${ending}`,
    };
    this.#byId.set(stored.fileId, stored);
    this.#changes.next();
    return stored;
  }

  /** Every file, in the order they came. */
  get all(): readonly StoredFile[] {
    return [...this.#byId.values()];
  }

  /** The file with this id, if it is known. */
  get(fileId: string): StoredFile | undefined {
    return this.#byId.get(fileId);
  }

  /** The file at a download path, if there is one. */
  at(path: string): StoredFile | undefined {
    return [...this.#byId.values()].find((file) => file.path === path);
  }

  /** `getFile`: refused when it is unknown or too big. */
  describe(fileId: string): {
    file_id: string;
    file_unique_id: string;
    file_size: number;
    file_path: string;
  } {
    const file = this.get(fileId);
    if (file === undefined) throw badRequest("wrong file_id or the file is temporarily unavailable");
    if (file.size > maxDownloadBytes) throw badRequest("file is too big");
    return {
      file_id: file.fileId,
      file_unique_id: file.uniqueId,
      file_size: file.size,
      file_path: file.path,
    };
  }
}

/** Refuses what cannot be shown as a photo: by its first bytes, its size and, of a PNG, its sides. */
export function checkPhoto({ bytes, size }: StoredFile): void {
  if (size > maxPhotoBytes) throw badRequest("PHOTO_SAVE_FILE_INVALID");
  const head = Buffer.from(bytes.subarray(0, 24));
  const latin = head.toString("latin1");
  const isPng = latin.startsWith("\x89PNG\r\n\x1a\n");
  const isOther =
    latin.startsWith("\xff\xd8\xff") || (latin.startsWith("RIFF") && latin.slice(8, 12) === "WEBP");
  if (!isPng && !isOther) throw badRequest("IMAGE_PROCESS_FAILED");
  if (!isPng || head.length < 24) return;
  const [width, height] = [head.readUInt32BE(16), head.readUInt32BE(20)];
  const ratio = Math.max(width, height) / Math.max(1, Math.min(width, height));
  if (width + height > maxPhotoSides || ratio > maxPhotoRatio) throw badRequest("PHOTO_INVALID_DIMENSIONS");
}
