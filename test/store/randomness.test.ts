/** `store/archive/randomness.ts`: what is not worth compressing once more. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { looksCompressed } from "../../bot/store/archive/randomness.ts";
import { noise } from "./archive-kit.ts";

it("knows what was compressed already from text, code and programs", () => {
  const text = Buffer.from(
    Array.from({ length: 40_000 }, (_, at) => `line ${(at * 7_919) % 10_007}\n`).join(""),
  );
  const random = noise(1_000_000);
  expect(looksCompressed(random)).toBe(true);
  expect(looksCompressed(gzipSync(random.toString("base64")))).toBe(true);
  expect(looksCompressed(text)).toBe(false);
  expect(looksCompressed(Buffer.from(random.toString("base64")))).toBe(false);
  expect(looksCompressed(readFileSync(process.execPath).subarray(0, 1_000_000))).toBe(false);
  expect(looksCompressed(Buffer.alloc(1_000_000))).toBe(false);
});

it("compresses what is mixed, and what is too little to tell", () => {
  const mixed = noise(1_000_000);
  mixed.fill("text ", 0, 100_000);
  expect(looksCompressed(mixed)).toBe(false);
  expect(looksCompressed(noise(10_000))).toBe(false);
  expect(looksCompressed(Buffer.alloc(0))).toBe(false);
});
