/** `store/archive/gzip-writer.ts`: many members, one file, the same bytes. */
import { spawnSync } from "node:child_process";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gzipMembers } from "../../bot/store/archive/gzip-writer.ts";
import { noise } from "./archive-kit.ts";

async function members(chunks: Iterable<Buffer>, options?: Parameters<typeof gzipMembers>[1]) {
  const all: Buffer[] = [];
  for await (const member of gzipMembers(chunks, options)) all.push(member);
  return all;
}

describe("gzip, block by block", () => {
  it("gives the same bytes whatever pieces they come in", async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 70 }).map((bytes) => Buffer.from(bytes)));
    const sizes = { blockBytes: fc.integer({ min: 1, max: 50 }), atOnce: fc.integer({ min: 1, max: 5 }) };
    await fc.assert(
      fc.asyncProperty(chunks, fc.record(sizes), async (pieces, options) => {
        const bytes = Buffer.concat(pieces);
        const made = await members(pieces, options);
        expect(made).toHaveLength(Math.ceil(bytes.length / options.blockBytes));
        expect(Buffer.concat(made.map((member) => gunzipSync(member)))).toEqual(bytes);
      }),
      { numRuns: 50 },
    );
  });

  it("is one file for gunzip, though no byte of it could be compressed", async () => {
    const bytes = noise(3_000_000);
    const made = await members([bytes]);
    expect(made).toHaveLength(3);
    const input = Buffer.concat(made);
    expect(spawnSync("gunzip", ["-t"], { input }).status).toBe(0);
    const { stdout } = spawnSync("gunzip", ["-c"], { input, maxBuffer: 4_000_000 });
    expect(stdout.equals(bytes)).toBe(true);
  });

  it("takes no more blocks than it works on, however slowly they are written", async () => {
    let taken = 0;
    function* blocks() {
      for (let at = 0; at < 20; at += 1) {
        taken += 1;
        yield Buffer.alloc(10, at);
      }
    }
    for await (const _ of gzipMembers(blocks(), { blockBytes: 10, atOnce: 3 })) {
      expect(taken).toBe(3);
      break;
    }
  });
});
