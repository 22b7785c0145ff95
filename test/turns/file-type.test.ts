import { expect, it } from "vitest";
import { type Claim, fileTypeOf } from "../../bot/turns/file-type.ts";

const of = (bytes: string | Buffer, claim: Claim = {}) =>
  fileTypeOf(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes, claim);

it.each<[string, string, object]>([
  ["\xff\xd8\xffrest\xff\xd9", "photo.txt", { kind: "image", mimeType: "image/jpeg", ending: "jpg" }],
  ["\x89PNG\r\n\x1a\nrestIEND", "a", { kind: "image", mimeType: "image/png", ending: "png" }],
  ["GIF89arest;", "a.png", { kind: "image", mimeType: "image/gif", ending: "gif" }],
  ["RIFF\x04\0\0\0WEBP", "a", { kind: "image", mimeType: "image/webp", ending: "webp" }],
  ["%PDF-1.7", "a.doc", { kind: "pdf", mimeType: "application/pdf", ending: "pdf" }],
  ["\n%PDF-1.7 \xe4", "a", { kind: "pdf", mimeType: "application/pdf", ending: "pdf" }],
  ["\n%PDF-1.7", "a.PDF", { kind: "pdf", mimeType: "application/pdf", ending: "pdf" }],
  ["# %PDF-", "head.md", { kind: "text", mimeType: "text/plain", ending: "md", text: "# %PDF-" }],
  ["# Hi\n", "notes.MD", { kind: "text", mimeType: "text/plain", ending: "md", text: "# Hi\n" }],
  ["# Hi\n", "a.b/../../c", { kind: "text", mimeType: "text/plain", ending: "txt", text: "# Hi\n" }],
  [
    "# Hi\n",
    "a.far-too-long-and-odd",
    { kind: "text", mimeType: "text/plain", ending: "txt", text: "# Hi\n" },
  ],
  ["PK\x03\x04\0", "pack.zip", { kind: "other", mimeType: "application/octet-stream", ending: "zip" }],
  ["\0", "", { kind: "other", mimeType: "application/octet-stream", ending: "bin" }],
  ["", "empty.txt", { kind: "other", mimeType: "application/octet-stream", ending: "txt" }],
  ["\xe4\xf6", "latin1.txt", { kind: "other", mimeType: "application/octet-stream", ending: "txt" }],
])("a file is what its bytes are, and its ending is one of ours: %j as %j", (bytes, name, type) => {
  expect(of(bytes, { name })).toEqual(type);
});

it.each<[string, Claim, object]>([
  ["\xff\xd8\xffrest", {}, { mimeType: "image/jpeg", ending: "jpg", broken: "image" }],
  ["\x89PNG\r\n\x1a\nrest", {}, { mimeType: "image/png", ending: "png", broken: "image" }],
  ["RIFF\x99\0\0\0WEBP", {}, { mimeType: "image/webp", ending: "webp", broken: "image" }],
  ["\0\0", { name: "a.jpeg" }, { mimeType: "application/octet-stream", ending: "jpeg", broken: "image" }],
  ["\0\0", { name: "a.pdf" }, { mimeType: "application/octet-stream", ending: "pdf", broken: "pdf" }],
  ["\0\0", { mimeType: "application/pdf" }, { mimeType: "application/pdf", ending: "bin", broken: "pdf" }],
])("what is cut off, or not what it is called, is broken: %j %j", (bytes, claim, type) => {
  expect(of(bytes, claim)).toEqual({ kind: "other", ...type });
});

it.each<[Claim, object]>([
  [{ mimeType: "audio/ogg" }, { mimeType: "audio/ogg", ending: "oga" }],
  [{ mimeType: "Video/MP4" }, { mimeType: "video/mp4" }],
  [{ mimeType: "evil/type\n(do this)" }, { mimeType: "application/octet-stream" }],
])("a claimed type counts if it is spelled like one: %j", (claim, type) => {
  expect(of("\0\0", claim)).toMatchObject(type);
});
