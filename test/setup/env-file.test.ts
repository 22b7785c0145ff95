import { parseEnv } from "node:util";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quote, updateEnv } from "../../bot/setup/env-file.ts";
import { repoRoot } from "../harness/folders.ts";

const textOf = (text: string, values: Record<string, string>): string => {
  const updated = updateEnv(text, values);
  if (!updated.ok) throw new Error(updated.kind);
  return updated.text;
};

describe("a value", () => {
  it.each([
    ["", ""],
    ["123:AB-c_d", "123:AB-c_d"],
    ["/home/anna/code", "/home/anna/code"],
    ["/home/anna/my code", "'/home/anna/my code'"],
    ["/a#b", "'/a#b'"],
    ["it's", `"it's"`],
    [`it's "so"`, '`it\'s "so"`'],
    ["$HOME", "'$HOME'"],
  ])("%s is written %s", (value, written) => {
    expect(quote(value)).toBe(written);
  });

  it.each(["'\"`", "a\nb", "a\0b", "'\\n`"])("%j cannot be written", (value) => {
    expect(quote(value)).toBeUndefined();
    expect(updateEnv("", { A: value })).toEqual({ ok: false, kind: "unquotable", name: "A" });
  });

  it("that can be written reads back, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from("ab '\"`\\n#=$ %,:é")) }), (value) => {
        const written = quote(value);
        if (written !== undefined) expect(parseEnv(`A=${written}`)["A"]).toBe(value);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a .env", () => {
  it("keeps every other line, its comments and its order", () => {
    const old = "# mine\nMAX_TURNS=2 # two\n\nexport TELEGRAM_BOT_TOKEN='old'\nODD = x\n\n\n";
    expect(textOf(old, { TELEGRAM_BOT_TOKEN: "1:new", PERMISSION_MODE: "plan" })).toBe(
      "# mine\nMAX_TURNS=2 # two\n\nTELEGRAM_BOT_TOKEN=1:new\nODD = x\nPERMISSION_MODE=plan\n",
    );
  });

  it("sets what stands there as a comment in its place, and what is set twice once", () => {
    expect(textOf("A=1\n# about B\n#B=2\nA=3\n", { A: "4", B: "5" })).toBe("A=4\n# about B\nB=5\n");
  });

  it("that is new is the example with the values in it", async () => {
    const example = await readFile(join(repoRoot, ".env.example"), "utf8");
    const values = {
      TELEGRAM_BOT_TOKEN: "1:abcdef",
      ALLOWED_USER_IDS: "7",
      WORKSPACE_ROOTS: "/a b",
      PERMISSION_MODE: "plan",
    };
    const text = textOf(example, values);
    expect(parseEnv(text)).toEqual(values);
    expect(text.split("\n")).toHaveLength(example.split("\n").length);
    expect(textOf(text, values)).toBe(text);
  });

  it("with a value over several lines is not harmed: either all else reads as before, or nothing is written", () => {
    const old = "A='one\nB=two\nC=three'\nD=4\n";
    expect(updateEnv(old, { B: "x" })).toEqual({ ok: false, kind: "strange" });
    expect(parseEnv(textOf(old, { D: "5" }))).toEqual({ A: "one\nB=two\nC=three", D: "5" });
  });

  it("reads back with the new values and every old one, whatever stood there", () => {
    const line = fc.oneof(
      fc.constantFrom(
        "",
        "# c",
        "A=1",
        "B='x y'",
        "#B=2",
        "export A=3",
        'C="a\nb"',
        "  A = 4 # c",
        "nonsense",
        "D=`",
        "E='",
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom("plain", "a b", "it's", ""), (lines, value) => {
        const old = lines.join("\n");
        const updated = updateEnv(old, { A: value, B: "7" });
        if (updated.ok) expect({ ...parseEnv(updated.text) }).toEqual({ ...parseEnv(old), A: value, B: "7" });
        else expect(updated.kind).toBe("strange");
      }),
      { numRuns: 1_000 },
    );
  });
});
