/**
 * What a file really is, by its bytes: names and types that came with it are
 * somebody's words. Pure. It does not know what becomes of the file.
 */
import { isFileEnding } from "../store/paths.ts";

/** What can be shown to the model as it is, and what cannot. `ending` is safe in a name of ours. */
export type FileType =
  | { readonly kind: "image"; readonly mimeType: string; readonly ending: string }
  | { readonly kind: "pdf"; readonly mimeType: string; readonly ending: string }
  | { readonly kind: "text"; readonly mimeType: string; readonly ending: string; readonly text: string }
  | {
      readonly kind: "other";
      readonly mimeType: string;
      readonly ending: string;
      /** It is cut off, or is not what its name says: what it should be. */
      readonly broken?: "image" | "pdf";
    };

/** What was said of a file by whoever sent it. */
export interface Claim {
  readonly name?: string;
  readonly mimeType?: string;
}

const UNKNOWN = "application/octet-stream";

/** Looks at the bytes, and where they say nothing, at what was claimed. */
export function fileTypeOf(bytes: Buffer, claim: Claim): FileType {
  const image = imageOf(bytes);
  if (image !== undefined) {
    const { mimeType, ending } = image;
    return image.isWhole
      ? { kind: "image", mimeType, ending }
      : { kind: "other", mimeType, ending, broken: "image" };
  }
  const mimeType = claimedType(claim);
  const ending = claimedEnding(claim);
  const text = textOf(bytes);
  // Other bytes may stand before its head; but a text that only speaks of PDFs is none.
  const head = bytes.subarray(0, 1024).indexOf("%PDF-");
  if (head === 0 || (head > 0 && (text === undefined || ending === "pdf")))
    return { kind: "pdf", mimeType: "application/pdf", ending: "pdf" };
  if (text !== undefined) return { kind: "text", mimeType: "text/plain", ending: ending ?? "txt", text };
  const other = { kind: "other", mimeType, ending: ending ?? "bin" } as const;
  if (mimeType === "application/pdf" || ending === "pdf") return { ...other, broken: "pdf" };
  if (/^(png|jpe?g|gif|webp)$/.test(ending ?? "")) return { ...other, broken: "image" };
  return other;
}

/** The claimed type, if it is spelled like one. */
function claimedType({ mimeType }: Claim): string {
  return mimeType !== undefined && /^[\w.+-]{1,60}\/[\w.+-]{1,80}$/.test(mimeType)
    ? mimeType.toLowerCase()
    : UNKNOWN;
}

function claimedEnding({ name = "", mimeType = "" }: Claim): string | undefined {
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? ENDINGS[mimeType];
  return ending !== undefined && isFileEnding(ending) ? ending : undefined;
}

/** For what Telegram sends without a name. */
const ENDINGS: Readonly<Record<string, string>> = {
  "audio/ogg": "oga",
  "audio/mpeg": "mp3",
  "audio/mp4": "m4a",
  "video/mp4": "mp4",
};

interface Image {
  readonly mimeType: string;
  readonly ending: string;
  readonly isWhole: boolean;
}

/** The four kinds that the model's service takes, and whether the end is there. */
function imageOf(bytes: Buffer): Image | undefined {
  if (bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])))
    return { mimeType: "image/jpeg", ending: "jpg", isWhole: bytes.includes(Buffer.from([0xff, 0xd9])) };
  if (bytes.subarray(0, 8).equals(Buffer.from("\x89PNG\r\n\x1a\n", "latin1")))
    return { mimeType: "image/png", ending: "png", isWhole: bytes.includes("IEND") };
  if (/^GIF8[79]a$/.test(bytes.toString("latin1", 0, 6)))
    return { mimeType: "image/gif", ending: "gif", isWhole: bytes.includes(0x3b, 6) };
  if (bytes.toString("latin1", 0, 4) === "RIFF" && bytes.toString("latin1", 8, 12) === "WEBP") {
    const isWhole = bytes.length >= 12 && bytes.readUInt32LE(4) + 8 <= bytes.length;
    return { mimeType: "image/webp", ending: "webp", isWhole };
  }
  return undefined;
}

/** The text that the bytes are, if they are one. */
function textOf(bytes: Buffer): string | undefined {
  if (bytes.length === 0 || bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
