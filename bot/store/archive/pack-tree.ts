/**
 * A folder → a tarball with its manifest. Runs in the child process. Each file is
 * read once: what is packed is what was hashed. The manifest comes first in the
 * tarball, but is known last: room for it is left, and what of that it does not
 * need is filled with empty gzip members. It promises that a tarball that it gives
 * is closed and complete; it is not durable yet, nor held against anything.
 */
import { createHash, randomBytes } from "node:crypto";
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { OWN_NAMES } from "./context.ts";
import { MIN_PADDING_BYTES, padding } from "./gzip-index.ts";
import { gzipMembers } from "./gzip-writer.ts";
import { type Manifest, MANIFEST_VERSION } from "./manifest.ts";
import { tarBytes, textBytes } from "./tar-bytes.ts";
import { listTree, type Survey, type TreeEntry } from "./tree.ts";
import { faultOf, type Limits, Refusal } from "./types.ts";

/** What the manifest says beside the files. */
export type Facts = Pick<Manifest, "folder" | "session" | "archivedAt" | "turns">;

export interface PackedTree {
  /** Of the folder before a byte of it was read. */
  readonly fingerprint: string;
  readonly manifestSha256: string;
}

/** Sums are as good as random, but no two lists of them compress to the same length. */
const SPARE_BYTES = 1024;
const SPARE_SHARE = 1 / 128;
const SUM_BYTES = 32;
const SUM_DIGITS = 2 * SUM_BYTES;

/** Packs everything below `root` into a new file `part`, at most `maxBytes` long, and writes the manifest into `root`, too. Throws a Refusal. */
export async function packTree(
  root: string,
  part: string,
  facts: Facts,
  { maxBytes, limits }: { maxBytes: number; limits: Limits },
): Promise<PackedTree> {
  return packListed(root, await listTree(root, limits), part, facts, { maxBytes, limits });
}

/** The same of a folder that was listed before; what is of another size by now is refused as `changed`. */
export async function packListed(
  root: string,
  tree: Survey<TreeEntry>,
  part: string,
  facts: Facts,
  { maxBytes, limits }: { maxBytes: number; limits: Limits },
): Promise<PackedTree> {
  const write = (sums: readonly string[]): Buffer => {
    const text = manifestText(facts, tree, sums);
    if (text.length > limits.manifestBytes) throw new Refusal({ kind: "too_big", what: "manifest" });
    return text;
  };
  const pack = (text: Buffer): Promise<Buffer> => packManifest(text, facts);
  const drafted = pack(write(draftSums(tree)));
  const sums: string[] = [];
  let manifest: Buffer | undefined;
  let packed: Promise<Buffer> | undefined;
  function* body(): Generator<Buffer> {
    yield* tarBytes(root, tree.entries, (sha256) => sums.push(sha256));
    manifest = write(sums);
    // Begins while the last blocks are still compressed.
    packed = pack(manifest);
    packed.catch(() => {});
  }
  try {
    const file = openSync(part, "wx", 0o600);
    try {
      const { length } = await drafted;
      const room = length + Math.ceil(length * SPARE_SHARE) + SPARE_BYTES + MIN_PADDING_BYTES;
      let end = room;
      for await (const member of gzipMembers(body())) {
        if (end + member.length > maxBytes) throw new Refusal({ kind: "disk_full" });
        writeAt(file, member, end);
        end += member.length;
      }
      if (manifest === undefined || packed === undefined) throw new Error("a tar without an end");
      const head = await packed;
      // So improbable that another try is answer enough.
      if (head.length > room - MIN_PADDING_BYTES)
        throw new Refusal({ kind: "changed", path: OWN_NAMES.manifest });
      writeAt(file, Buffer.concat([head, padding(room - head.length)]), 0);
    } finally {
      closeSync(file);
    }
    writeFileSync(join(root, OWN_NAMES.manifest), manifest, { mode: 0o600 });
  } catch (error) {
    throw new Refusal(faultOf(error, ""));
  }
  const manifestSha256 = createHash("sha256").update(manifest).digest("hex");
  return { fingerprint: tree.fingerprint, manifestSha256 };
}

/** `sums`: the sha256 of each file, in their order. */
function manifestText(facts: Facts, tree: Survey<TreeEntry>, sums: readonly string[]): Buffer {
  const left = sums.values();
  const { folder, archivedAt, session, turns } = facts;
  const manifest: Manifest = {
    version: MANIFEST_VERSION,
    folder,
    archivedAt,
    session,
    turns,
    bytes: tree.bytes,
    entries: tree.entries.map((entry) =>
      entry.type === "directory" ? entry : { ...entry, sha256: left.next().value ?? "" },
    ),
    skipped: tree.skipped,
  };
  return Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`);
}

/** As many sums as there are files, as hard to compress as real ones. */
function draftSums(tree: Survey<TreeEntry>): string[] {
  const files = tree.entries.filter(({ type }) => type === "file").length;
  const noise = randomBytes(files * SUM_BYTES).toString("hex");
  return Array.from({ length: files }, (_, at) => noise.slice(at * SUM_DIGITS, (at + 1) * SUM_DIGITS));
}

/** The manifest as the beginning of a tarball. */
async function packManifest(text: Buffer, { archivedAt }: Facts): Promise<Buffer> {
  const members: Buffer[] = [];
  const bytes = textBytes(OWN_NAMES.manifest, text, new Date(archivedAt));
  for await (const member of gzipMembers(bytes)) members.push(member);
  return Buffer.concat(members);
}

function writeAt(file: number, bytes: Buffer, position: number): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at, position + at);
}
