import { createHash } from "node:crypto";
import { appendFileSync, createWriteStream, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip, gunzipSync, gzipSync } from "node:zlib";
import { Header, type HeaderData } from "tar";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startWorker, type Worker } from "../../bot/store/archive/process.ts";
import { DEFAULT_LIMITS, type Limits } from "../../bot/store/archive/types.ts";
import {
  claudeFiles,
  FOLDER,
  type Home,
  leftovers,
  makeHome,
  makeSession,
  noise,
  runProgram,
  SESSION,
  snapshot,
} from "./archive-kit.ts";

// One child for all: what it is given is refused, and each start of one takes half a second.
let worker: Worker;
beforeAll(() => {
  worker = startWorker();
});
afterAll(() => worker.end());
const shared = { startWorker: (): Worker => ({ run: (...job) => worker.run(...job), end: nothing }) };

let home: Home;
beforeEach(() => {
  home = makeHome();
});
afterEach(() => {
  rmSync(home.root, { recursive: true, force: true });
});

const nothing = async (): Promise<void> => {};

interface Entry {
  path: string;
  data?: string | Buffer;
  header?: HeaderData;
}

const { folder: _, ...summary } = SESSION;
const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");

function tarOf(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(({ path, data = "", header = {} }) => {
    const bytes = Buffer.from(data);
    const head = new Header({
      path,
      mode: 0o600,
      size: bytes.length,
      mtime: new Date(0),
      type: "File",
      ...header,
    });
    head.encode();
    return [head.block ?? Buffer.alloc(0), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function manifestOf(files: Record<string, string>, changes: object = {}): string {
  const entries = Object.entries(files).map(([path, data]) => {
    return { type: "file", path, mode: 0o600, size: Buffer.byteLength(data), sha256: sha256(data) };
  });
  const bytes = entries.reduce((sum, { size }) => sum + size, 0);
  return JSON.stringify({
    version: 1,
    folder: FOLDER,
    archivedAt: "2026-01-01T00:00:00.000Z",
    session: summary,
    turns: 0,
    bytes,
    entries,
    skipped: [],
    ...changes,
  });
}

const files = { "session.json": "{}", "a.txt": "a" };
const manifest = (data = manifestOf(files)): Entry => ({ path: "./manifest.json", data });
const session: Entry = { path: "./session.json", data: "{}" };
const a: Entry = { path: "./a.txt", data: "a" };

async function restore(limits: Partial<Limits> = {}) {
  return home.archives({ limits, ...shared }).restore(FOLDER, nothing);
}

/** Refused with `failure`, and nothing on disk but the tarball, as it was. */
async function expectRefused(failure: object, limits?: Partial<Limits>): Promise<void> {
  const before = snapshot(home.root);
  expect(await restore(limits)).toMatchObject({ ok: false, failure });
  expect(snapshot(home.root)).toEqual(before);
  expect(leftovers(home)).toEqual([]);
}

describe("what a tarball says of itself", () => {
  const claims = async (changes: object) => {
    writeFileSync(home.tarball, gzipSync(tarOf([manifest(manifestOf(files, changes))])));
    return home.archives(shared).claims(home.tarball);
  };

  it("is not heard where no session of ours could say it", async () => {
    expect(await claims({})).toMatchObject({ ok: true });
    const damaged = { ok: false, failure: { kind: "damaged" } };
    expect(await claims({ session: { ...summary, name: "x".repeat(1_000_000) } })).toMatchObject(damaged);
    expect(await claims({ archivedAt: "soon" })).toMatchObject(damaged);
  });

  it("is heard without the list of what was left out, however long that is", async () => {
    const skipped = Array.from({ length: 1_000 }, (_, at) => ({ path: `link-${at}`, kind: "symlink" }));
    expect(await claims({ skipped })).toMatchObject({ ok: true, contents: { skipped: [] } });
  });
});

describe("an archive made by somebody else", () => {
  it("is restored if it is what its manifest says, in any order after the manifest", async () => {
    writeFileSync(home.tarball, gzipSync(tarOf([manifest(), a, session])));
    expect(await restore()).toMatchObject({ ok: true });
    expect(readFileSync(`${home.live}/a.txt`, "utf8")).toBe("a");
  });

  const damaged = { kind: "damaged" };
  const cases: [string, string, Entry[]][] = [
    ["has an entry too many", "an entry too many", [manifest(), session, a, { path: "./b.txt", data: "b" }]],
    ["lacks an entry", "1 entries are missing", [manifest(), session]],
    ["has an entry twice", "an entry too many", [manifest(), session, a, a]],
    [
      "has other bytes of the same size",
      "a file of other bytes",
      [manifest(), session, { path: "./a.txt", data: "b" }],
    ],
    [
      "has a file of another size",
      "a file of another size",
      [manifest(), session, { path: "./a.txt", data: "aa" }],
    ],
    [
      "has a folder for a file",
      "an entry of another type",
      [manifest(), session, { path: "./a.txt/", header: { type: "Directory" } }],
    ],
    ["has its manifest last", "the manifest does not come first", [session, a, manifest()]],
    ["has its manifest twice", "an entry too many", [manifest(), manifest(), session, a]],
    ["has no manifest", "the manifest does not come first", [session, a]],
    ["has a manifest that is not JSON", "the manifest is not JSON", [manifest("{"), session, a]],
    ["is empty", "it is empty", []],
    [
      "climbs out",
      "a name that leaves the session",
      [manifest(), session, a, { path: "../../evil", data: "x" }],
    ],
    [
      "climbs out behind a dot",
      "a name that leaves the session",
      [manifest(), session, a, { path: "./../../evil", data: "x" }],
    ],
    [
      "has an absolute name",
      "a name that leaves the session",
      [manifest(), session, a, { path: "/tmp/evil-archive", data: "x" }],
    ],
    [
      "has a name without ./",
      "a name that leaves the session",
      [manifest(), session, { path: "a.txt", data: "a" }],
    ],
    [
      "has a symlink",
      "an entry of type SymbolicLink",
      [manifest(), session, { path: "./a.txt", header: { type: "SymbolicLink", linkpath: "/etc/passwd" } }],
    ],
    [
      "has a hard link",
      "an entry of type Link",
      [manifest(), session, { path: "./a.txt", header: { type: "Link", linkpath: "session.json" } }],
    ],
    [
      "has a device",
      "an entry of type CharacterDevice",
      [manifest(), session, { path: "./a.txt", header: { type: "CharacterDevice" } }],
    ],
    [
      "has a pipe",
      "an entry of type FIFO",
      [manifest(), session, { path: "./a.txt", header: { type: "FIFO" } }],
    ],
    [
      "has a global header",
      "an entry of type GlobalExtendedHeader",
      [{ path: "./g", data: "9 path=x\n", header: { type: "GlobalExtendedHeader" } }, manifest(), session, a],
    ],
    [
      "has a broken extended header",
      "an extended header",
      [manifest(), { path: "./x", data: "99 path=x\n", header: { type: "ExtendedHeader" } }, session, a],
    ],
    [
      "has a huge extended header",
      "an extended header of a size that names never need",
      [manifest(), { path: "./x", data: "x".repeat(70_000), header: { type: "ExtendedHeader" } }, session, a],
    ],
    [
      "is renamed by an extended header",
      "a name that leaves the session",
      [
        manifest(),
        session,
        { path: "./x", data: "19 path=./../../up\n", header: { type: "ExtendedHeader" } },
        a,
      ],
    ],
  ];
  it.each(cases)("is refused if it %s", async (_, detail, entries) => {
    writeFileSync(home.tarball, gzipSync(tarOf(entries)));
    await expectRefused({ kind: "damaged", detail });
  });

  const entry = { type: "file", mode: 0o600, size: 1, sha256: sha256("a") };
  const manifests: [string, object, object][] = [
    ["is of a newer version", { version: 2 }, { kind: "newer", version: 2 }],
    ["is another session's", { folder: "other-0123abcd" }, damaged],
    ["climbs out", { entries: [{ ...entry, path: "../a" }] }, damaged],
    ["has an absolute name", { entries: [{ ...entry, path: "/a" }] }, damaged],
    ["has a name with a NUL", { entries: [{ ...entry, path: "a\0b" }] }, damaged],
    ["has half a character in a name", { entries: [{ ...entry, path: "\ud800" }] }, damaged],
    ["has a file without its folder", { bytes: 1, entries: [{ ...entry, path: "none/a" }] }, damaged],
    [
      "has a name twice",
      {
        bytes: 2,
        entries: [
          { ...entry, path: "a" },
          { ...entry, path: "a" },
        ],
      },
      damaged,
    ],
    ["does not add up", { bytes: 99 }, damaged],
    [
      "promises too much",
      { bytes: 9e15, entries: [{ ...entry, size: 9e15, path: "a" }] },
      { kind: "too_big", what: "file" },
    ],
  ];
  it.each(manifests)("is refused if its manifest %s", async (_, changes, failure) => {
    writeFileSync(home.tarball, gzipSync(tarOf([manifest(manifestOf(files, changes)), session, a])));
    await expectRefused(failure);
  });

  it("is refused if something hides behind its end", async () => {
    const tar = Buffer.concat([tarOf([manifest(), session, a]), tarOf([{ path: "./hidden", data: "x" }])]);
    writeFileSync(home.tarball, gzipSync(tar));
    await expectRefused(damaged);
  });

  it("is refused if it ends in more zeros than any tar does", async () => {
    writeFileSync(
      home.tarball,
      gzipSync(Buffer.concat([tarOf([manifest(), session, a]), Buffer.alloc(4 * 1024 * 1024)])),
    );
    await expectRefused(damaged);
  });

  it("is refused at any length below its own, though the gzip is whole", async () => {
    const tar = tarOf([manifest(), session, a]);
    for (let length = 0; length < tar.length; length += 256) {
      writeFileSync(home.tarball, gzipSync(tar.subarray(0, length)));
      const reply = await worker.run("verify", { tarball: home.tarball, limits: DEFAULT_LIMITS });
      expect(reply, `at ${length}`).toMatchObject({ ok: false, failure: { kind: "damaged" } });
    }
  });
});

describe("an archive of ours", () => {
  const packed = async (): Promise<Buffer> => {
    makeSession(home, {
      "workspace/a.bin": noise(60_000),
    });
    await home.archives(shared).pack(SESSION, claudeFiles(home));
    return readFileSync(home.tarball);
  };

  it("is refused with one byte flipped in any block, with and without its side file", async () => {
    const good = await packed();
    expect(good.length).toBeGreaterThan(20_000);
    await expectFlipsRefused(good);
    const { sha256 } = JSON.parse(readFileSync(home.sidecar, "utf8")) as { sha256: string };
    for (let at = 0; at < good.length; at += 4096) {
      writeFileSync(home.tarball, flipped(good, at));
      const reply = await worker.run("verify", { tarball: home.tarball, sha256, limits: DEFAULT_LIMITS });
      expect(reply, `at ${at}`).toMatchObject({ ok: false, failure: { kind: "damaged" } });
    }
    writeFileSync(home.tarball, flipped(good, 5000));
    await expectRefused({ kind: "damaged" });
    writeFileSync(home.tarball, good);
    expect(await restore()).toMatchObject({ ok: true });
  });

  it("is refused with one byte flipped inside the gzip and a fresh checksum around it", async () => {
    const tar = gunzipSync(await packed());
    rmSync(home.sidecar);
    for (let at = 2048; at < tar.length - 10_240; at += 4096) {
      // A byte of padding may change: no reader ever sees it.
      if (tar[at] === 0) continue;
      writeFileSync(home.tarball, gzipSync(flipped(tar, at), { level: 1 }));
      const reply = await worker.run("verify", { tarball: home.tarball, limits: DEFAULT_LIMITS });
      expect(reply, `at ${at}`).toMatchObject({ ok: false });
    }
  });

  it("is refused when it was cut short or added to", async () => {
    const good = await packed();
    writeFileSync(home.tarball, good.subarray(0, good.length / 2));
    await expectRefused({ kind: "damaged" });
    writeFileSync(home.tarball, "");
    await expectRefused({ kind: "damaged" });
    writeFileSync(home.tarball, good);
    appendFileSync(home.tarball, "more");
    await expectRefused({ kind: "damaged" });
  });

  it("is not restored over a live session", async () => {
    await packed();
    makeSession(home);
    await expectRefused({ kind: "exists" });
  });

  it("is not restored where there is too little room", async () => {
    await packed();
    await expectRefused({ kind: "disk_full" }, { freeBytes: Number.MAX_SAFE_INTEGER });
  });

  it("stays as it is when the CLI's files cannot be put back", async () => {
    await packed();
    const before = snapshot(home.root);
    const result = await home.archives(shared).restore(FOLDER, async () => {
      throw new Error("no room");
    });
    expect(result).toEqual({ ok: false, failure: { kind: "place_failed", detail: "no room" } });
    expect(snapshot(home.root)).toEqual(before);
  });

  async function expectFlipsRefused(good: Buffer): Promise<void> {
    // From 10 on: the gzip header's own bytes carry nothing, only the side file's hash sees them.
    for (let at = 10; at < good.length; at += 4096) {
      writeFileSync(home.tarball, flipped(good, at));
      const reply = await worker.run("verify", { tarball: home.tarball, limits: DEFAULT_LIMITS });
      expect(reply, `at ${at}`).toMatchObject({ ok: false, failure: { kind: "damaged" } });
    }
  }
});

describe("a bomb", () => {
  const SIZE = 400 * 1024 ** 2;
  async function writeBomb(head: Buffer): Promise<void> {
    const zeros = Buffer.alloc(1024 * 1024);
    function* chunks() {
      yield head;
      for (let i = 0; i < 400; i++) yield zeros;
      yield Buffer.alloc(1024);
    }
    await pipeline(Readable.from(chunks()), createGzip(), createWriteStream(home.tarball));
    expect(SIZE / statSync(home.tarball).size).toBeGreaterThan(900);
  }

  it("that claims to be a manifest is refused at its header", async () => {
    const head = new Header({
      path: "./manifest.json",
      mode: 0o600,
      size: SIZE,
      type: "File",
      mtime: new Date(0),
    });
    head.encode();
    await writeBomb(head.block ?? Buffer.alloc(0));
    await expectRefused({ kind: "too_big", what: "manifest" });
  });

  it("that its manifest announces is refused before it is unpacked", async () => {
    const entry = { type: "file", path: "zeros", mode: 0o600, size: SIZE, sha256: sha256("") };
    const data = manifestOf({}, { bytes: SIZE, entries: [entry] });
    const file = new Header({ path: "./zeros", mode: 0o600, size: SIZE, type: "File", mtime: new Date(0) });
    file.encode();
    const head = tarOf([manifest(data)]);
    await writeBomb(Buffer.concat([head.subarray(0, -1024), file.block ?? Buffer.alloc(0)]));
    await expectRefused({ kind: "too_big", what: "bytes" }, { bytes: SIZE / 2 });
    await expectRefused({ kind: "damaged" });
  });

  it("does not make the child process grow", async () => {
    const head = new Header({
      path: "./manifest.json",
      mode: 0o600,
      size: 10,
      type: "File",
      mtime: new Date(0),
    });
    head.encode();
    const entry = { type: "file", path: "zeros", mode: 0o600, size: SIZE, sha256: sha256("") };
    const data = manifestOf({}, { bytes: SIZE, entries: [entry] });
    const file = new Header({ path: "./zeros", mode: 0o600, size: SIZE, type: "File", mtime: new Date(0) });
    file.encode();
    await writeBomb(
      Buffer.concat([tarOf([manifest(data)]).subarray(0, -1024), file.block ?? Buffer.alloc(0)]),
    );
    const { reply } = await runProgram(home, "measure");
    expect(reply).toMatchObject({ refusal: "Refusal: damaged" });
    expect((reply as { maxRssBytes: number }).maxRssBytes).toBeLessThan(250 * 1024 * 1024);
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x40;
  return copy;
}
