import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lastAnswerLine } from "../../bot/claude/last-answer-line.ts";
import { copyLines, readFrom, sizeOf } from "../../bot/claude/transcript-parts.ts";
import { tempFolder } from "../store/room.ts";

const A = "aaaaaaaa-1111-4111-8111-111111111111";
const B = "bbbbbbbb-1111-4111-8111-111111111111";
const C = "cccccccc-1111-4111-8111-111111111111";
const line = (uuid: string, more: object = {}) => `${JSON.stringify({ uuid, ...more })}\n`;

async function fileOf(text: string): Promise<{ path: string; to: string }> {
  const folder = await tempFolder();
  const path = join(folder, "t.jsonl");
  await writeFile(path, text);
  return { path, to: join(folder, "copy.jsonl") };
}

describe("reading behind a place", () => {
  it("gives the whole lines there, and no half one behind them", async () => {
    const head = line(A);
    const { path } = await fileOf(`${head}${line(B)}{"uuid":"hal`);
    expect(await readFrom(path, head.length, 1_000)).toEqual([line(B).trim()]);
  });

  it("gives only the last of a long file, from the beginning of a line on", async () => {
    const { path } = await fileOf(`${line(A)}${line(B)}${line(C)}`);
    expect(await readFrom(path, 0, line(C).length + 5)).toEqual([line(C).trim()]);
  });

  it("of a file that is not there gives nothing", async () => {
    expect(await readFrom("/nowhere/t.jsonl", 5, 100)).toEqual([]);
    expect(await sizeOf("/nowhere/t.jsonl")).toBeUndefined();
  });
});

describe("a copy of a transcript", () => {
  it("ends with the line that is called so, not with one that speaks of it", async () => {
    const text = `${line(A)}${line(B, { parentUuid: A, said: `"uuid":"${C}"` })}`;
    const { path, to } = await fileOf(`${text}${line(C)}${line(A, { later: true })}`);
    expect(await copyLines(path, to, { cut: C, maxBytes: 10_000 })).toEqual({ ok: true });
    expect(await readFile(to, "utf8")).toBe(`${text}${line(C)}`);
  });

  it("without a cut is all of it, but for half a line at its end", async () => {
    const { path, to } = await fileOf(`${line(A)}${line(B)}{"uuid":"half`);
    expect(await copyLines(path, to, { maxBytes: 10_000 })).toEqual({ ok: true });
    expect(await readFile(to, "utf8")).toBe(`${line(A)}${line(B)}`);
  });

  it("has whole lines, whatever signs of a line's end stand in what was said", async () => {
    const text = `${line(A, { said: "one\u2028two\u2029three\u0085four" })}${line(B)}`;
    const { path, to } = await fileOf(text);
    expect(await copyLines(path, to, { cut: B, maxBytes: 10_000 })).toEqual({ ok: true });
    expect(await readFile(to, "utf8")).toBe(text);
  });

  it("passes over half a line that speaks of the one it ends with", async () => {
    const { path, to } = await fileOf(`{"uuid":"${B}","ha\n${line(B)}`);
    expect(await copyLines(path, to, { cut: B, maxBytes: 10_000 })).toEqual({ ok: true });
    expect(await readFile(to, "utf8")).toBe(line(B));
  });

  it("of a file that is not there leaves nothing behind", async () => {
    const { path, to } = await fileOf("");
    await expect(copyLines(`${path}.gone`, to, { maxBytes: 10 })).rejects.toThrow("ENOENT");
    await expect(readFile(to)).rejects.toThrow("ENOENT");
  });

  it("is refused where the line is not there, and where it would be too big", async () => {
    const { path, to } = await fileOf(`${line(A)}${line(B)}`);
    expect(await copyLines(path, to, { cut: C, maxBytes: 10_000 })).toEqual({
      ok: false,
      kind: "cut_missing",
    });
    expect(await copyLines(path, `${to}2`, { maxBytes: 20 })).toEqual({ ok: false, kind: "too_big" });
  });
});

describe("the last line of Claude's", () => {
  const said = (uuid: string, more: object = {}) => line(uuid, { type: "assistant", ...more });

  it("is the last that was both said and written down, and not a subagent's", async () => {
    const { path: out } = await fileOf(
      `${said(A)}${said(B)}${said(C, { parent_tool_use_id: "toolu_1" })}${said("dddddddd-1111-4111-8111-111111111111")}`,
    );
    const { path: transcript } = await fileOf(`${said(A)}${said(B)}${said(C)}`);
    expect(await lastAnswerLine(out, transcript)).toBe(B);
  });

  it("is found whatever signs of a line's end stand in what was said", async () => {
    const { path: out } = await fileOf(said(A, { text: "one\u2028two" }));
    const { path: transcript } = await fileOf(said(A, { text: "one\u2028two" }));
    expect(await lastAnswerLine(out, transcript)).toBe(A);
  });

  it("is none where the one or the other is not there", async () => {
    const { path } = await fileOf(said(A));
    expect(await lastAnswerLine(path, "/nowhere/t.jsonl")).toBeUndefined();
    expect(await lastAnswerLine("/nowhere/out.ndjson", path)).toBeUndefined();
  });
});
