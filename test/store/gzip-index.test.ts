/** `store/archive/gzip-index.ts`: a length in each member, which other readers pass over. */
import { spawnSync } from "node:child_process";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  HEAD_BYTES,
  lengthIn,
  MIN_PADDING_BYTES,
  padding,
  withLength,
} from "../../bot/store/archive/gzip-index.ts";

const words = "some words, some words";
const text = Buffer.from(words);

describe("a gzip member with its length in it", () => {
  it("is the same for who does not know of it", () => {
    const member = withLength(gzipSync(text));
    expect(lengthIn(member.subarray(0, HEAD_BYTES))).toBe(member.length);
    expect(gunzipSync(member)).toEqual(text);
    const { status, stdout } = spawnSync("gunzip", ["-c"], { input: Buffer.concat([member, member]) });
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 0, stdout: words.repeat(2) });
  });

  it("is told from one that does not say it", () => {
    const member = gzipSync(text);
    expect(lengthIn(member)).toBeUndefined();
    expect(lengthIn(withLength(member).subarray(0, HEAD_BYTES - 1))).toBeUndefined();
    // As bgzip makes them: an extra field of another.
    const foreign = withLength(member);
    foreign.write("BC", 12);
    expect(lengthIn(foreign)).toBeUndefined();
  });
});

describe("a padding", () => {
  it.each([0, MIN_PADDING_BYTES, 35, 1_000, 32_768, 32_769, 65_536, 200_001])(
    "of %i bytes is as long as it should be, and holds nothing",
    (bytes) => {
      const filling = padding(bytes);
      expect(filling).toHaveLength(bytes);
      const whole = Buffer.concat([withLength(gzipSync(text)), filling, withLength(gzipSync(text))]);
      expect(gunzipSync(whole).toString()).toBe(words.repeat(2));
      const { status, stdout, stderr } = spawnSync("gunzip", ["-c"], { input: whole });
      expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: "" });
      expect(stdout.toString()).toBe(words.repeat(2));
      for (let at = 0; at < filling.length;) {
        const length = lengthIn(filling.subarray(at)) ?? 0;
        expect(length).toBeGreaterThanOrEqual(MIN_PADDING_BYTES);
        at += length;
      }
    },
  );
});
