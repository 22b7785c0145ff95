/**
 * Archives of every format that ever was: each is restored for as long as the
 * project lives. A new format adds its fixture here, and takes none away.
 */
import { copyFileSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { MANIFEST_VERSION } from "../../bot/store/archive/manifest.ts";
import { sessionSchema } from "../../bot/store/session.ts";
import { type Home, makeHome, snapshot } from "./archive-kit.ts";

const FOLDER = "keepsake-5e551011";
const fixture = (name: string): string => new URL(`../fixtures/archives/${name}`, import.meta.url).pathname;

let home: Home;
beforeEach(() => {
  home = makeHome();
});
afterEach(() => {
  rmSync(home.root, { recursive: true, force: true });
});

it.each(Array.from({ length: MANIFEST_VERSION }, (_, at) => at + 1))(
  "an archive of format %i is listed and restored, its conversation with it",
  async (version) => {
    const { tarball, sidecar } = home.paths.archive(FOLDER);
    copyFileSync(fixture(`version-${version}.tar.gz`), tarball);
    copyFileSync(fixture(`version-${version}.json`), sidecar);
    expect(await home.archives().list()).toMatchObject([
      { kind: "archive", isLive: false, archive: { turns: 2, session: { name: "Keepsake" } } },
    ]);
    let conversation = "";
    const restored = await home.archives().restore(FOLDER, async (root) => {
      conversation = readFileSync(join(root, "claude/c1a0de00-0000-4000-8000-000000000001.jsonl"), "utf8");
    });
    expect(restored).toMatchObject({ ok: true, session: { name: "Keepsake" }, skipped: [] });
    expect(conversation).toContain("The code word is marmalade");
    const { root, file } = home.paths.session(FOLDER);
    expect(sessionSchema.safeParse(JSON.parse(readFileSync(file, "utf8")))).toMatchObject({ success: true });
    expect(Object.keys(snapshot(root))).toEqual(
      expect.arrayContaining(["turns/102/turn.json", "uploads/102-1.txt", "workspace/notes.txt"]),
    );
  },
);
