/** `store/archive/tar-header.ts`: the short way and node-tar's write the same and read the same. */
import * as fc from "fast-check";
import { Header } from "tar/header";
import { Pax } from "tar/pax";
import { expect, it } from "vitest";
import { BLOCK, decodeHeader, encodeHeader } from "../../bot/store/archive/tar-header.ts";

const part = fc.oneof(
  fc.stringMatching(/^[a-z.]{1,30}$/),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 10 }).filter((name) => !/[/\0]/.test(name)),
);
const facts = fc.record({
  path: fc.array(part, { minLength: 1, maxLength: 8 }).map((parts) => `./${parts.join("/")}`),
  size: fc.oneof(
    fc.nat(),
    fc.integer({ min: 0, max: 2 ** 40 }),
    fc.constantFrom(0, 8 ** 10, 8 ** 11 - 1, 8 ** 11),
  ),
  mode: fc.constantFrom(0o600, 0o755, 0o700),
  mtime: fc.integer({ min: -1e9, max: 1e10 }).map((seconds) => new Date(seconds * 1000)),
});

it("is written as node-tar writes it, whatever it says", () => {
  fc.assert(
    fc.property(facts, fc.constantFrom("File" as const, "Directory" as const), (said, type) => {
      const { mode, ...rest } = said;
      const header = new Header({ ...rest, type, mode });
      const needsMore = header.encode();
      const block = header.block ?? Buffer.alloc(0);
      const expected = needsMore ? Buffer.concat([new Pax(rest).encode(), block]) : block;
      expect(encodeHeader(type, said).equals(expected)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

/** What node-tar reads; where it throws, a number makes no sense, and the sum is wrong as well. */
function asTheirs(block: Buffer): ReturnType<typeof decodeHeader> {
  try {
    const { cksumValid, type, path = "", size, mtime } = new Header(block);
    return cksumValid ? { type, path, size, mtime } : undefined;
  } catch {
    return undefined;
  }
}

it("is read as node-tar reads it, whoever wrote it, and not at all where its sum is wrong", () => {
  const type = fc.constantFrom("File", "Directory", "OldFile", "SymbolicLink", "ExtendedHeader", "FIFO");
  const owner = fc.record({ uid: fc.nat(70_000), uname: fc.constantFrom("", "anna") }, { requiredKeys: [] });
  const flip = fc.option(fc.record({ at: fc.nat(BLOCK - 1), by: fc.integer({ min: 1, max: 255 }) }));
  fc.assert(
    fc.property(facts, type, owner, flip, (said, type, owner, flip) => {
      const written = new Header({ ...said, ...owner, type });
      written.encode();
      const block = Buffer.from(written.block ?? "");
      if (flip !== null) block[flip.at] = (block[flip.at] ?? 0) ^ flip.by;
      const read = decodeHeader(block);
      expect(read).toEqual(asTheirs(block));
    }),
    { numRuns: 2_000 },
  );
});

it("keeps times to the second, before 1970 too", () => {
  const block = encodeHeader("File", { path: "./a", size: 1, mode: 0o600, mtime: new Date(-500) });
  expect(decodeHeader(block)?.mtime).toEqual(new Date(-1000));
});
