/** `store/archive/listing.ts`: a tree that is looked at while it is packed. */
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createListing } from "../../bot/store/archive/listing.ts";
import { DEFAULT_LIMITS } from "../../bot/store/archive/types.ts";
import { write } from "./archive-kit.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "listing-"));
  for (const path of ["a/1", "a/2", "b/3", "c"]) write(join(root, path), path);
  symlinkSync("1", join(root, "a/0"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const ALL = ["a", "b", "c", "a/1", "a/2", "b/3"];
const open = () => createListing(root, DEFAULT_LIMITS);
const pathsOf = (entries: Iterable<{ path: string }>): string[] => [...entries].map(({ path }) => path);

describe("a listing", () => {
  it("gives the same entries however far it was looked ahead, and nothing twice", async () => {
    const whole = await open().whole();
    expect(pathsOf(whole.entries)).toEqual(ALL);
    for (let ahead = 0; ahead <= ALL.length + 2; ahead += 1) {
      const listing = open();
      const entries = listing.entries();
      entries.next();
      listing.lookAhead(ahead);
      expect(pathsOf(entries)).toEqual(ALL.slice(1));
      expect(listing.survey).toEqual(whole);
      expect(await listing.whole()).toEqual(whole);
    }
  });

  it("sees what is made in a folder before that is looked at, and not what is made later", () => {
    const listing = open();
    listing.lookAhead(1);
    write(join(root, "a/later"), "");
    write(join(root, "later"), "");
    expect(pathsOf(listing.entries())).toEqual(["a", "b", "c", "a/1", "a/2", "a/later", "b/3"]);
    expect(listing.survey?.skipped).toMatchObject([{ path: "a/0", kind: "symlink" }]);
  });

  it("adds nothing up before all was looked at", () => {
    const listing = open();
    listing.lookAhead(ALL.length);
    expect(listing.survey).toBeUndefined();
    listing.lookAhead(2);
    expect(listing.survey).toMatchObject({ bytes: 10 });
  });
});
