import { join, sep } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPaths, isFolderName, isPersonaSlug } from "../../bot/store/paths.ts";
import { cleanName, defaultName, foldName, slugOf } from "../../bot/store/session-name.ts";

const root = join(sep, "data", "sessions");
const paths = createPaths({
  sessions: root,
  archive: join(sep, "data", "archive"),
  personas: join(sep, "data", "p"),
});
const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({ unit: "grapheme", maxLength: 80 }),
  fc.stringMatching(/^[./\\~%\0\n -]{0,30}[a-zA-Z]{0,60}[./\\\0-]{0,30}$/),
  fc
    .array(fc.constantFrom("..", "/", "\\", "\0", "a", "-", "_", "CON", "\u202E", "\uD800", "é", "🚀"))
    .map((parts) => parts.join("")),
);

describe("a name", () => {
  it("whatever was typed, gives a slug that makes a folder inside the root", () => {
    fc.assert(
      fc.property(hostile, fc.uuid({ version: 4 }), (typed, id) => {
        for (const name of [typed, cleanName(typed)]) {
          const slug = slugOf(name);
          expect(slug).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/);
          const folder = `${slug}-${id.slice(0, 8)}`;
          expect(isFolderName(folder)).toBe(true);
          expect(paths.session(folder).root).toBe(`${root}${sep}${folder}`);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("whatever was typed, is shown as one line without control or direction characters", () => {
    fc.assert(
      fc.property(hostile, (typed) => {
        const name = cleanName(typed);
        expect(name.isWellFormed()).toBe(true);
        expect(name).not.toMatch(/[\p{Cc}\p{Bidi_Control}]|^\s|\s$|\s\s/u);
        expect(Array.from(name).length).toBeLessThanOrEqual(64);
        expect(cleanName(name)).toBe(name);
      }),
      { numRuns: 2000 },
    );
  });

  it("that is no folder of ours is refused by every path, not joined", () => {
    fc.assert(
      fc.property(hostile, (name) => {
        fc.pre(!isFolderName(name) && !isPersonaSlug(name));
        for (const path of ["session", "archiving", "restoring", "archive"] as const) {
          expect(() => paths[path](name)).toThrow(RangeError);
        }
        expect(() => paths.turn(name, 1)).toThrow(RangeError);
      }),
    );
    for (const update of [-1, 1.5, Number.NaN, 2 ** 60]) {
      expect(() => paths.turn("a-00000000", update)).toThrow(RangeError);
    }
  });

  it.each([
    ["Fix the login bug", "fix-the-login-bug"],
    ["Ärger im Café", "arger-im-cafe"],
    ["  --x--  ", "x"],
    ["日本語", "session"],
    ["../../etc/passwd", "etc-passwd"],
    ["", "session"],
    ["a".repeat(39) + "-b", "a".repeat(39)],
  ])("%j becomes the slug %s", (name, slug) => {
    expect(slugOf(name)).toBe(slug);
  });

  it.each([
    [[], "Session 1"],
    [["Session 1", "Session 7", "Sessions 9", "session 12"], "Session 8"],
    [["Notes"], "Session 1"],
  ])("that is not given follows from %j: %s", (names, name) => {
    expect(defaultName(names)).toBe(name);
  });

  it("is found in any capitals and in either Unicode form", () => {
    expect(foldName("  CAFÉ  Notes ")).toBe(foldName("cafe\u0301 notes"));
  });

  it.each(['"My notes"', "“my notes”", "'My Notes'"])("is found in quotes: %s", (typed) => {
    expect(foldName(typed)).toBe(foldName("My notes"));
    expect(foldName('"')).toBe('"');
  });
});
