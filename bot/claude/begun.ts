/**
 * Whether a process has begun with its message, by what it wrote. While it starts
 * and waits it only shakes hands and tells of hooks; it says more when it has
 * read a message, before it asks the model anything.
 */
import { open } from "node:fs/promises";

/** A handshake, and the answers to what we asked while it waited, are some kB. */
const HEAD_BYTES = 1024 * 1024;

/** Whether more than its start stands in the output `path`; false for a file that is not there. */
export async function hasBegun(path: string): Promise<boolean> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    if (bytesRead === HEAD_BYTES) return true;
    return buffer
      .toString("utf8", 0, bytesRead)
      .split("\n")
      .some((line) => line.trim() !== "" && !isOfStart(line));
  } finally {
    await file.close();
  }
}

/** What cannot be read is more than a start: better told as cut off than run twice. */
function isOfStart(line: string): boolean {
  try {
    const { type, subtype } = JSON.parse(line) as Record<string, unknown>;
    if (type === "control_request" || type === "control_response") return true;
    return type === "system" && typeof subtype === "string" && subtype.startsWith("hook");
  } catch {
    return false;
  }
}
