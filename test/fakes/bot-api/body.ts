/**
 * The body of a request → fields and files: JSON, urlencoded, multipart. By
 * hand, since grammY writes `content-disposition:form-data;name="x";filename=a`
 * without quotes and blanks, which undici's parser refuses. Pure.
 */
import { badRequest } from "./refusal.ts";
import type { Upload } from "./send-methods.ts";

/** What a request carried. */
export interface Body {
  readonly fields: Record<string, unknown>;
  readonly uploads: Map<string, Upload>;
}

/** Reads a body by its content type; the fields of the query string come first, as on the real server. */
export function parseBody(contentType: string, bytes: Buffer, query: URLSearchParams): Body {
  const fields: Record<string, unknown> = Object.fromEntries(query);
  const uploads = new Map<string, Upload>();
  const type = contentType.toLowerCase();
  if (bytes.length === 0) return { fields, uploads };
  if (type.startsWith("application/json")) Object.assign(fields, parseJsonBody(bytes));
  else if (type.startsWith("application/x-www-form-urlencoded"))
    Object.assign(fields, Object.fromEntries(new URLSearchParams(bytes.toString("utf8"))));
  else if (type.startsWith("multipart/form-data")) {
    const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
    if (boundary === undefined) throw badRequest("boundary is not specified");
    for (const part of splitParts(bytes, boundary)) addPart(part, fields, uploads);
  }
  return { fields, uploads };
}

function parseJsonBody(bytes: Buffer): object {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // The same words for both.
  }
  throw badRequest("can't parse request body as a JSON object");
}

function* splitParts(bytes: Buffer, boundary: string): Generator<Buffer> {
  const mark = Buffer.from(`--${boundary}`);
  let start = bytes.indexOf(mark);
  while (start !== -1) {
    const from = start + mark.length;
    if (bytes.toString("latin1", from, from + 2) === "--") return;
    const end = bytes.indexOf(Buffer.concat([Buffer.from("\r\n"), mark]), from);
    if (end === -1) throw badRequest("multipart body is cut");
    yield bytes.subarray(from + 2, end);
    start = end + 2;
  }
}

function addPart(part: Buffer, fields: Record<string, unknown>, uploads: Map<string, Upload>): void {
  const headEnd = part.indexOf("\r\n\r\n");
  if (headEnd === -1) throw badRequest("multipart part without a head");
  const head = part.toString("utf8", 0, headEnd);
  const content = part.subarray(headEnd + 4);
  const disposition = /^content-disposition:(.*)$/im.exec(head)?.[1] ?? "";
  const name = parameter(disposition, "name");
  if (name === undefined) throw badRequest("multipart part without a name");
  const filename = parameter(disposition, "filename");
  if (filename === undefined) fields[name] = content.toString("utf8");
  else uploads.set(name, { name: filename, bytes: new Uint8Array(content) });
}

function parameter(disposition: string, key: string): string | undefined {
  const match = new RegExp(`;\\s*${key}=(?:"([^"]*)"|([^;\\r\\n]*))`, "i").exec(disposition);
  return match?.[1] ?? match?.[2]?.trim();
}
