/**
 * The manifest: every file of an archive with its size and sha256, and what was
 * left out. It is the only proof that an archive is whole: a tar cut in half
 * inside a valid gzip reads without an error. It does not touch the disk.
 */
import { z } from "zod";
import { isFolderName } from "../paths.ts";
import { Refusal, sessionSummary, type Limits } from "./types.ts";

export const MANIFEST_VERSION = 1;

const path = z.string().refine(isSafePath, "not a path below the session");
const mode = z.number().int().min(0).max(0o7777);

const entrySchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("directory"), path, mode }),
  z.object({
    type: z.literal("file"),
    path,
    mode,
    size: z.number().int().min(0),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
]);

const manifestSchema = z.object({
  version: z.literal(MANIFEST_VERSION),
  folder: z.string(),
  archivedAt: z.string(),
  session: sessionSummary,
  turns: z.number().int().min(0),
  /** Sizes of the files, added up. */
  bytes: z.number().int().min(0),
  /** Folders come before what is in them. */
  entries: z.array(entrySchema),
  skipped: z.array(
    z.object({
      path: z.string(),
      kind: z.enum(["symlink", "fifo", "socket", "device", "other"]),
      target: z.string().optional(),
    }),
  ),
});

/** What every version has in common. */
const looseSchema = z.looseObject({
  version: z.number(),
  folder: z.string().refine(isFolderName),
  session: z.looseObject({}),
});

export type ManifestEntry = z.infer<typeof entrySchema>;
export type Manifest = z.infer<typeof manifestSchema>;

/** What nearly every path is like, seen at one look: a few plain letters, and no part begins with a dot. */
const PLAIN_PATH = /^(?:[\w@+~=,-][\w.@+~=, -]{0,199}\/){0,15}[\w@+~=,-][\w.@+~=, -]{0,199}$/;

/** Whether `name` stays below its root on any machine: relative, no `.` or `..`, nothing empty, whole characters. */
export function isSafePath(name: string): boolean {
  if (PLAIN_PATH.test(name)) return true;
  if (name.length === 0 || Buffer.byteLength(name) > 4096) return false;
  if (name.includes("\0") || !name.isWellFormed()) return false;
  return name
    .split("/")
    .every((part) => part !== "" && part !== "." && part !== ".." && Buffer.byteLength(part) <= 255);
}

/** Whether `text` is the manifest of a session, of whatever version; other programs' tarballs have a manifest.json, too. */
export function isManifestOfOurs(text: string): boolean {
  try {
    return looseSchema.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

/** Reads a manifest and holds it against `limits` and itself. Throws a Refusal: `newer`, `damaged` or `too_big`. */
export function parseManifest(text: string, limits: Limits): Manifest {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw damaged("the manifest is not JSON");
  }
  const version = typeof raw === "object" && raw !== null && "version" in raw ? raw.version : undefined;
  if (typeof version === "number" && version > MANIFEST_VERSION)
    throw new Refusal({ kind: "newer", version });
  const parsed = manifestSchema.safeParse(raw);
  if (!parsed.success) throw damaged(`the manifest: ${parsed.error.issues[0]?.message ?? "invalid"}`);
  checkLimits(parsed.data, limits);
  return parsed.data;
}

function checkLimits(manifest: Manifest, limits: Limits): void {
  if (manifest.entries.length > limits.entries) throw new Refusal({ kind: "too_big", what: "entries" });
  const folders = new Set<string>();
  const seen = new Set<string>();
  let bytes = 0;
  for (const entry of manifest.entries) {
    if (seen.has(entry.path)) throw damaged("a name twice in the manifest");
    seen.add(entry.path);
    const cut = entry.path.lastIndexOf("/");
    // A file below a file, or a folder that comes too late, could not be written out.
    if (cut >= 0 && !folders.has(entry.path.slice(0, cut))) throw damaged("a name without its folder");
    if (depthOf(entry.path) > limits.depth)
      throw new Refusal({ kind: "too_big", what: "depth", path: entry.path });
    if (entry.type === "directory") {
      folders.add(entry.path);
      continue;
    }
    if (entry.size > limits.fileBytes) throw new Refusal({ kind: "too_big", what: "file", path: entry.path });
    bytes += entry.size;
  }
  if (bytes > limits.bytes) throw new Refusal({ kind: "too_big", what: "bytes" });
  if (bytes !== manifest.bytes) throw damaged("the manifest does not add up");
}

/** How many folders lie above `name`. */
export function depthOf(name: string): number {
  let depth = 0;
  for (let at = name.indexOf("/"); at !== -1; at = name.indexOf("/", at + 1)) depth += 1;
  return depth;
}

/** The first path at which two lists of entries differ, or undefined. Modes may differ: a restore narrows them. */
export function firstDifference(
  expected: readonly ManifestEntry[],
  found: readonly ManifestEntry[],
): string | undefined {
  const open = new Map(expected.map((entry) => [entry.path, entry]));
  for (const entry of found) {
    const other = open.get(entry.path);
    if (other === undefined || !isSame(other, entry)) return entry.path;
    open.delete(entry.path);
  }
  return open.keys().next().value;
}

function isSame(a: ManifestEntry, b: ManifestEntry): boolean {
  if (a.type === "directory" || b.type === "directory") return a.type === b.type;
  return a.size === b.size && a.sha256 === b.sha256;
}

/** A refusal that says what is wrong with a tarball. */
export function damaged(detail: string): Refusal {
  return new Refusal({ kind: "damaged", detail });
}
