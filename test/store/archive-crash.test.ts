import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Checkpoint } from "../../bot/store/archive/types.ts";
import {
  addOddFiles,
  claudeFiles,
  FOLDER,
  type Home,
  leftovers,
  looseModes,
  makeHome,
  makeSession,
  noise,
  runProgram,
  SESSION,
  snapshot,
  untar,
  write,
} from "./archive-kit.ts";

const PACKING: Checkpoint[] = [
  "archive:frozen",
  "archive:gathered",
  "archive:packed",
  "archive:verified",
  "archive:published",
  "archive:listed",
  "archive:doomed",
  "archive:deleted",
];
/** Where it matters what else lies on the disk. */
const TELLING: Checkpoint[] = ["archive:packed", "archive:published", "archive:listed", "archive:doomed"];
const RESTORING: Checkpoint[] = [
  "restore:inspected",
  "restore:extracted",
  "restore:compared",
  "restore:placed",
  "restore:cleared",
  "restore:published",
];

let home: Home;
let before: Record<string, string>;
beforeEach(() => {
  home = makeHome();
  makeSession(home);
  addOddFiles(home);
  before = snapshot(home.live);
});
afterEach(() => {
  rmSync(home.root, { recursive: true, force: true });
});

/** The session is live with the same bytes, or in an archive with the same bytes; nothing half done lies about; another start changes nothing. */
async function expectWhole(): Promise<"live" | "archived"> {
  expect(leftovers(home)).toEqual([]);
  const settled = snapshot(home.root);
  const again = await home.archives().finish();
  expect(again).toEqual({ archived: [], putBack: [], dropped: [], stuck: [] });
  expect(snapshot(home.root)).toEqual(settled);

  const listed = await home.archives().list();
  const isLive = Object.keys(settled).includes(`sessions/${FOLDER}`);
  if (isLive) {
    expect(snapshot(home.live)).toEqual(before);
    return "live";
  }
  expect(listed).toMatchObject([{ kind: "archive", isLive: false }]);
  expect(contentsOf(home.tarball)).toEqual(before);
  return "archived";
}

function contentsOf(tarball: string): Record<string, string> {
  const { root } = untar(tarball);
  const all = Object.entries(snapshot(root));
  rmSync(root, { recursive: true });
  return Object.fromEntries(
    all.filter(([path]) => !/^(?:claude(?:\/|$)|manifest\.json$|transcript\.md$)/.test(path)),
  );
}

describe("killed while a session is archived, a start finishes it or puts it back", () => {
  it.each(PACKING)("at %s", async (killAt) => {
    expect(await runProgram(home, "pack", { killAt })).toMatchObject({ signal: "SIGKILL" });
    expect(await runProgram(home, "finish")).toMatchObject({ code: 0 });
    expect(await expectWhole()).toBe(killAt === "archive:frozen" ? "live" : "archived");
  });

  it.each(TELLING)("at %s, with an older archive of the same session there", async (killAt) => {
    await home.archives().pack(SESSION, claudeFiles(home));
    await home.archives().restore(FOLDER, async () => {});
    write(`${home.live}/workspace/newer.txt`, "newer");
    before = snapshot(home.live);
    expect(await runProgram(home, "pack", { killAt })).toMatchObject({ signal: "SIGKILL" });
    expect(await runProgram(home, "finish")).toMatchObject({ code: 0 });
    expect(await expectWhole()).toBe("archived");
  });
});

describe("killed again while a start finishes", () => {
  it.each(TELLING)("at %s, the next start finishes that", async (killAt) => {
    await runProgram(home, "pack", { killAt: "archive:gathered" });
    expect(await runProgram(home, "finish", { killAt })).toMatchObject({ signal: "SIGKILL" });
    expect(await runProgram(home, "finish")).toMatchObject({ code: 0 });
    expect(await expectWhole()).toBe("archived");
  });
});

describe("killed while a session is restored, its archive is still there", () => {
  it.each(RESTORING)("at %s", async (killAt) => {
    await home.archives().pack(SESSION, claudeFiles(home));
    expect(await runProgram(home, "restore", { killAt })).toMatchObject({ signal: "SIGKILL" });
    expect(await runProgram(home, "finish")).toMatchObject({ code: 0 });
    expect(await expectWhole()).toBe(killAt === "restore:published" ? "live" : "archived");
    expect(contentsOf(home.tarball)).toEqual(before);
    if (killAt === "restore:published") return;
    expect(await runProgram(home, "restore")).toMatchObject({ reply: { ok: true } });
    expect(snapshot(home.live)).toEqual(before);
    expect(looseModes(home.live)).toEqual([]);
  });
});

describe("killed while a session is made of a tarball that was sent in, the tarball is still there", () => {
  it.each(RESTORING)("at %s", async (killAt) => {
    await home.archives().pack(SESSION, claudeFiles(home));
    const { tarball } = home.paths.parcel(1);
    renameSync(home.tarball, tarball);
    rmSync(home.sidecar);
    expect(await runProgram(home, "unpack", { killAt })).toMatchObject({ signal: "SIGKILL" });
    expect(await runProgram(home, "finish")).toMatchObject({ code: 0 });
    expect(leftovers(home)).toEqual([]);
    expect(contentsOf(tarball)).toEqual(before);
    // It is no archive of this bot.
    expect(await home.archives().list()).toEqual([]);
    const again = await runProgram(home, "unpack");
    const isLive = killAt === "restore:published";
    expect(again).toMatchObject({
      reply: isLive ? { ok: false, failure: { kind: "exists" } } : { ok: true },
    });
    expect(snapshot(home.live)).toEqual(before);
    expect(looseModes(home.live)).toEqual([]);
  });
});

describe("killed while an archive is deleted for ever", () => {
  it("finds what is left the second time, and leaves nothing", async () => {
    await home.archives().pack(SESSION, claudeFiles(home));
    expect(await runProgram(home, "erase", { killAt: "erase:tarball" })).toMatchObject({ signal: "SIGKILL" });
    await runProgram(home, "finish");
    expect(await home.archives().list()).toMatchObject([{ kind: "needs_look", why: "no_tarball" }]);
    expect(await runProgram(home, "erase")).toMatchObject({ code: 0 });
    expect(await home.archives().list()).toEqual([]);
    expect(readdirSync(home.paths.folders.archive)).toEqual([]);
  });
});

describe("a start", () => {
  it("packs again what was written to after its archive was made", async () => {
    await runProgram(home, "pack", { killAt: "archive:published" });
    write(`${home.paths.archiving(FOLDER).root}/workspace/late.txt`, "late");
    await runProgram(home, "finish");
    before["workspace/late.txt"] = expect.any(String);
    expect(contentsOf(home.tarball)).toEqual(before);
  });

  it("puts back what it cannot pack, and says why", async () => {
    await runProgram(home, "pack", { killAt: "archive:gathered" });
    const report = await home.archives({ limits: { entries: 3 } }).finish();
    expect(report).toMatchObject({ putBack: [{ folder: FOLDER, failure: { kind: "too_big" } }] });
    expect(await expectWhole()).toBe("live");
  });

  it("touches neither of a frozen folder and a live one of the same name", async () => {
    await runProgram(home, "pack", { killAt: "archive:gathered" });
    makeSession(home);
    const both = snapshot(home.root);
    expect(await home.archives().finish()).toMatchObject({ stuck: [FOLDER] });
    expect(snapshot(home.root)).toEqual(both);
  });
});

describe("a disk that is full", () => {
  // The limit counts blocks of 512 bytes (dash) or 1024 (bash): the 8 MB file is too large by either.
  const prefix = "ulimit -f 4096";
  const large = (): void => {
    write(`${home.live}/workspace/large.bin`, noise(8 * 1024 * 1024));
    before = snapshot(home.live);
  };

  it("costs the archive and not the session", async () => {
    large();
    const { reply } = await runProgram(home, "pack", { prefix: "ulimit -f 1024" });
    expect(reply).toEqual({ ok: false, failure: { kind: "disk_full" } });
    expect(await expectWhole()).toBe("live");
  });

  it("costs the restore and not the archive", async () => {
    large();
    await home.archives().pack(SESSION, claudeFiles(home));
    const { reply } = await runProgram(home, "restore", { prefix });
    expect(reply).toEqual({ ok: false, failure: { kind: "disk_full" } });
    expect(await expectWhole()).toBe("archived");
  });
});

describe("a folder that cannot be deleted", () => {
  const NOBODY = 65_534;

  /** As somebody for whom rights count. */
  async function asNobody<T>(work: () => Promise<T>): Promise<T> {
    const { geteuid, seteuid } = process;
    if (geteuid?.() !== 0 || seteuid === undefined) return work();
    seteuid(NOBODY);
    try {
      return await work();
    } finally {
      seteuid(0);
    }
  }

  const closed = (owner: number): string => {
    const { root } = home.paths.deleting(FOLDER);
    mkdirSync(join(root, "workspace/mod"), { recursive: true });
    writeFileSync(join(root, "workspace/mod/a.go"), "package a");
    chmodSync(join(root, "workspace/mod"), 0o555);
    if (process.geteuid?.() !== 0) return root;
    for (const path of [home.root, home.paths.folders.sessions, home.paths.folders.archive, root])
      chownSync(path, NOBODY, NOBODY);
    for (const path of ["workspace", "workspace/mod", "workspace/mod/a.go"])
      chownSync(join(root, path), owner, owner);
    return root;
  };

  it("because tools closed it is deleted all the same", async () => {
    const root = closed(NOBODY);
    await asNobody(() => home.archives().finish());
    expect(existsSync(root)).toBe(false);
  });

  it.runIf(process.geteuid?.() === 0)(
    "because it is another user's does not keep the bot from starting",
    async () => {
      const root = closed(0);
      await asNobody(() => home.archives().finish());
      expect(existsSync(root)).toBe(true);
    },
  );
});
