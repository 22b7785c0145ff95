/**
 * A folder → a tarball with its manifest. Runs in the child process. Each file is
 * read once: what is packed is what was hashed. The tree is looked at while its
 * first files are compressed. The manifest comes first in the tarball, but is known
 * last: room for it is left, and what of that it does not need is filled with empty
 * gzip members. It promises that a tarball that it gives is closed and complete; it
 * is not durable yet, nor held against anything.
 */
import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { OWN_NAMES } from "./context.ts";
import { MIN_PADDING_BYTES, padding } from "./gzip-index.ts";
import { gzipMembers } from "./gzip-writer.ts";
import { createHeadLastFile, type HeadLastFile } from "./head-last-file.ts";
import { createListing, type Listing } from "./listing.ts";
import { type Manifest, MANIFEST_VERSION } from "./manifest.ts";
import { tarBytes, textBytes } from "./tar-bytes.ts";
import type { Survey, TreeEntry } from "./tree.ts";
import { faultOf, type Limits, Refusal } from "./types.ts";

/** What the manifest says beside the files. */
export type Facts = Pick<Manifest, "folder" | "session" | "archivedAt" | "turns">;

export interface PackedTree {
  /** Of the folder, each thing in it as it was before a byte of that was read. */
  readonly fingerprint: string;
  readonly manifestSha256: string;
}

/** Sums are as good as random, but no two lists of them compress to the same length. */
const SPARE_BYTES = 1024;
const SPARE_SHARE = 1 / 128;
const SUM_BYTES = 32;
const SUM_DIGITS = 2 * SUM_BYTES;

/** While blocks are compressed, some more of the tree is looked at: not so much that the next block would be late. */
const LOOK_EVERY_BYTES = 256 * 1024;
const LOOK_ENTRIES = 32;
/** By then all but the largest trees were looked at. */
const MOST_HELD_BYTES = 32 * 1024 * 1024;

export interface PackOptions {
  /** The most that the tarball may be long. */
  readonly maxBytes: number;
  readonly limits: Limits;
  /** Where more is packed than this, and waits for the manifest's room, all of the tree is looked at first. */
  readonly mostHeldBytes?: number;
}

/** Packs everything below `root` into a new file `part`, and writes the manifest into `root`, too. Throws a Refusal. */
export function packTree(
  root: string,
  part: string,
  facts: Facts,
  options: PackOptions,
): Promise<PackedTree> {
  return packListed(root, createListing(root, options.limits), part, facts, options);
}

/** The same of a folder of which some was looked at before; what is of another size by now is refused as `changed`. */
export async function packListed(
  root: string,
  listing: Listing,
  part: string,
  facts: Facts,
  options: PackOptions,
): Promise<PackedTree> {
  try {
    const file = createHeadLastFile(part, options.maxBytes);
    try {
      return await pack(root, listing, file, facts, options);
    } finally {
      file.close();
    }
  } catch (error) {
    throw new Refusal(faultOf(error, ""));
  }
}

async function pack(
  root: string,
  listing: Listing,
  file: HeadLastFile,
  facts: Facts,
  { limits, mostHeldBytes = MOST_HELD_BYTES }: PackOptions,
): Promise<PackedTree> {
  const write = (tree: Survey<TreeEntry>, sums: readonly string[]): Buffer => {
    const text = manifestText(facts, tree, sums);
    if (text.length > limits.manifestBytes) throw new Refusal({ kind: "too_big", what: "manifest" });
    return text;
  };
  const packed = (text: Buffer): Promise<Buffer> => quietly(packManifest(text, facts));

  let measured: Promise<number> | undefined;
  /** How much room the manifest needs; what waited for that is written. */
  const roomIn = (tree: Survey<TreeEntry>): Promise<number> => (measured ??= quietly(measure(tree)));
  async function measure(tree: Survey<TreeEntry>): Promise<number> {
    const { length } = await packed(write(tree, draftSums(tree)));
    const room = length + Math.ceil(length * SPARE_SHARE) + SPARE_BYTES + MIN_PADDING_BYTES;
    file.leaveRoom(room);
    return room;
  }

  const sums: string[] = [];
  let manifest: { text: Buffer; packed: Promise<Buffer> } | undefined;
  function* body(): Generator<Buffer> {
    let unlooked = 0;
    for (const bytes of tarBytes(root, listing.entries(), (sha256) => sums.push(sha256))) {
      yield bytes;
      unlooked += bytes.length;
      if (unlooked < LOOK_EVERY_BYTES) continue;
      unlooked = 0;
      listing.lookAhead(LOOK_ENTRIES);
      if (listing.survey) void roomIn(listing.survey);
    }
    const { survey } = listing;
    if (survey === undefined) throw new Error("a tree without an end");
    void roomIn(survey);
    // Both begin while the last blocks are still compressed.
    const text = write(survey, sums);
    manifest = { text, packed: packed(text) };
  }
  for await (const member of gzipMembers(body())) {
    file.add(member);
    if (file.heldBytes > mostHeldBytes) await roomIn(await listing.whole());
  }
  const tree = await listing.whole();
  if (manifest === undefined) throw new Error("a tar without an end");
  const [room, head] = await Promise.all([roomIn(tree), manifest.packed]);
  // So improbable that another try is answer enough.
  if (head.length > room - MIN_PADDING_BYTES)
    throw new Refusal({ kind: "changed", path: OWN_NAMES.manifest });
  file.writeHead(Buffer.concat([head, padding(room - head.length)]));
  writeFileSync(join(root, OWN_NAMES.manifest), manifest.text, { mode: 0o600 });
  const manifestSha256 = createHash("sha256").update(manifest.text).digest("hex");
  return { fingerprint: tree.fingerprint, manifestSha256 };
}

/** It is awaited in its turn; until then its failure is nobody's surprise. */
function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
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
