import {
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPaths } from "../../bot/store/paths.ts";
import type { SessionManager } from "../../bot/store/session-manager.ts";
import type { Session } from "../../bot/store/session.ts";
import { takeOffered } from "../../bot/turns/made-files/offered.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "parley-offered-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A session in chat 7 whose turn 5 offered `report.csv`, and what its buttons find. */
async function house() {
  const paths = createPaths({ sessions: root, archive: join(root, "archive"), personas: root });
  const folder = "home-0a1b2c3d";
  const { workspace } = paths.session(folder);
  const turn = paths.turn(folder, 5);
  for (const each of [turn.root, workspace]) await mkdir(each, { recursive: true });
  const file = join(workspace, "report.csv");
  await writeFile(file, "a;b");
  const { size, mtimeMs, ctimeMs } = await stat(file);
  const offered = { path: "report.csv", bytes: size, changedAtMs: Math.max(mtimeMs, ctimeMs) };
  const above = { ...offered, path: "../session.json" };
  await writeFile(join(root, folder, "session.json"), "{}");
  await writeFile(turn.receipt, JSON.stringify({ version: 1, made: [offered, above] }));
  const session = { id: "0a1b2c3d-0000-4000-8000-000000000000", folder, cwd: workspace } as Session;
  const list = (chatId?: number): Session[] => (chatId === 7 ? [session] : []);
  const sessions = { list } as unknown as SessionManager;
  const take = (id: string, chatId = 7) => takeOffered({ sessions, paths }, { chatId }, id);
  return { file, take };
}

describe("a file that was offered", () => {
  it("is given as a copy, as it is when it is asked for", async () => {
    const { file, take } = await house();
    const first = await take("0a1b2c3d:5:0");
    expect(first).toMatchObject({ ok: true, isChanged: false, file: { name: "report.csv", bytes: 3 } });
    // Archived and brought back: another file with the old content, its time in whole seconds.
    const { atime, mtimeMs } = await stat(file);
    await copyFile(file, `${file}.back`);
    await utimes(`${file}.back`, atime, Math.floor(mtimeMs / 1_000));
    await rename(`${file}.back`, file);
    expect(await take("0a1b2c3d:5:0")).toMatchObject({ ok: true, isChanged: false });
    await writeFile(file, "a;b;c");
    const second = await take("0a1b2c3d:5:0");
    expect(second).toMatchObject({ ok: true, isChanged: true, file: { bytes: 5 } });
    expect(second.ok && (await readFile(second.file.path, "utf8"))).toBe("a;b;c");
  });

  it.each([
    ["", 7],
    ["0a1b2c3d:5", 7],
    ["0a1b2c3d:5:2", 7],
    ["0a1b2c3d:6:0", 7],
    ["ffffffff:5:0", 7],
    ["../../etc:5:0", 7],
    ["0a1b2c3d:5:0", 8],
  ])("is found by its own button in its own chat: not %j in chat %d", async (id, chatId) => {
    expect(await (await house()).take(id, chatId)).toEqual({ ok: false, kind: "expired" });
  });

  it("is not given when it is gone, empty, a link out, too big, or never was to be given", async () => {
    const { file, take } = await house();
    expect(await take("0a1b2c3d:5:1")).toEqual({ ok: false, kind: "gone" });
    await truncate(file, 51 * 1024 * 1024);
    expect(await take("0a1b2c3d:5:0")).toEqual({ ok: false, kind: "too_big" });
    await truncate(file, 0);
    expect(await take("0a1b2c3d:5:0")).toEqual({ ok: false, kind: "gone" });
    await rm(file);
    expect(await take("0a1b2c3d:5:0")).toEqual({ ok: false, kind: "gone" });
    await symlink("/etc/hostname", file);
    expect(await take("0a1b2c3d:5:0")).toEqual({ ok: false, kind: "gone" });
  });
});
