import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { hasBegun } from "../../bot/claude/begun.ts";
import { readRecordings } from "./harness.ts";

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "parley-begun-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const HANDSHAKE = [
  { type: "control_request", request_id: "a", request: { subtype: "mcp_message" } },
  { type: "control_response", response: { subtype: "success", request_id: "b" } },
  { type: "system", subtype: "hook_started" },
];

async function ofText(text: string): Promise<boolean> {
  const path = join(folder, "out.ndjson");
  await writeFile(path, text);
  return hasBegun(path);
}
const ofLines = (lines: readonly unknown[]) =>
  ofText(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));

it("nothing, no file, or what is said before a message is read, is no beginning", async () => {
  expect(await hasBegun(join(folder, "nothing"))).toBe(false);
  expect(await ofText("")).toBe(false);
  expect(await ofLines(HANDSHAKE)).toBe(false);
});

it("whatever else is said is, be it a line that was cut off: better told as cut off than run twice", async () => {
  expect(await ofLines([...HANDSHAKE, { type: "system", subtype: "init" }])).toBe(true);
  expect(await ofText(`${JSON.stringify(HANDSHAKE[0])}\n{"type":"sys`)).toBe(true);
  expect(await ofText("x".repeat(2 * 1024 * 1024))).toBe(true);
});

it("every recorded turn has begun", async () => {
  for (const { lines } of await readRecordings()) {
    const said = lines.filter(({ dir }) => dir === "stdout").map(({ line }) => line);
    const isTurn = said.some((line) => (line as { type?: unknown })?.type === "result");
    if (isTurn) expect(await ofLines(said)).toBe(true);
  }
});
