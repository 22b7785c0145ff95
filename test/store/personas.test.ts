import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePersona } from "../../bot/store/persona.ts";
import { createPersonas } from "../../bot/store/personas.ts";
import { tempFolder } from "./room.ts";

const SHIPPED = join(import.meta.dirname, "..", "..", "personas");

/** A real agent file's shape: keys of Claude Code, and a description that is not YAML. */
const AGENT = String.raw`---
name: code-reviewer
description: Use this agent when code was written. Examples: <example>Context: a new function. user: "Please check" assistant: "I will use the agent"</example>\n\nMore: yes.
tools: Glob, Grep, Read, Bash(git diff:*, git log:*), WebFetch
model: inherit
color: red
permissionMode: acceptEdits
hooks:
  PreToolUse:
    - matcher: Bash
---

You are a reviewer.

---
Even a rule in the text is text.
`;

async function withFiles(files: Record<string, string | Uint8Array>) {
  const folder = await tempFolder();
  for (const [name, data] of Object.entries(files)) await writeFile(join(folder, name), data);
  return { folder, personas: createPersonas({ folder }) };
}

describe("the personas that are shipped", () => {
  it("are all without fault, default first", async () => {
    const { personas, faulty } = await createPersonas({ folder: SHIPPED }).list();
    expect(faulty).toEqual([]);
    expect(personas.map(({ slug }) => slug)).toEqual([
      "default",
      "brainstorm",
      "homelab",
      "planner",
      "research",
    ]);
    for (const { name, description, prompt } of personas) {
      expect(name).not.toBe("");
      expect(description).toMatch(/^.{20,90}$/);
      expect(prompt.split("\n").length).toBeLessThanOrEqual(24);
    }
  });

  it("plan without changing, and think along without tools that change", async () => {
    const personas = createPersonas({ folder: SHIPPED });
    expect(await personas.read("planner")).toMatchObject({ ok: true, persona: { permissionMode: "plan" } });
    expect(await personas.read("brainstorm")).toMatchObject({
      persona: { disallowedTools: expect.arrayContaining(["Bash", "Edit", "Write"]) },
    });
    expect(await personas.read("research")).toMatchObject({
      persona: { allowedTools: ["WebSearch", "WebFetch"] },
    });
  });
});

describe("a persona", () => {
  it("is read anew each time it is asked", async () => {
    const { folder, personas } = await withFiles({ "cook.md": "You cook." });
    expect(await personas.read("cook")).toMatchObject({
      persona: { name: "Cook", description: "", prompt: "You cook." },
    });
    await writeFile(join(folder, "cook.md"), "---\nname: The Cook\n---\nYou bake.");
    expect(await personas.read("cook")).toMatchObject({ persona: { name: "The Cook", prompt: "You bake." } });
    await mkdir(join(folder, "dir"));
    expect(await personas.read("gone")).toEqual({ ok: false, kind: "absent" });
  });

  it("takes all its keys in both spellings", () => {
    const text = (mode: string, allowed: string, disallowed: string): string =>
      `---\nname: N\ndescription: D\nmodel: sonnet[1m]\neffort: high\n${mode}: plan\n${allowed}: [Read, "Bash(git *)"]\n${disallowed}: Write, Edit\ntools:\n---\nP`;
    const persona = {
      slug: "x",
      name: "N",
      description: "D",
      model: "sonnet[1m]",
      effort: "high",
      permissionMode: "plan",
      allowedTools: ["Read", "Bash(git *)"],
      disallowedTools: ["Write", "Edit"],
      prompt: "P",
    };
    expect(parsePersona("x", text("permission_mode", "allowed_tools", "disallowed_tools"))).toEqual({
      ok: true,
      persona,
    });
    expect(parsePersona("x", text("permissionMode", "allowedTools", "disallowedTools"))).toEqual({
      ok: true,
      persona,
    });
  });

  it("may be an agent file of Claude Code, dropped in as it is", async () => {
    const { personas } = await withFiles({ "code-reviewer.md": AGENT.replaceAll("\n", "\r\n") });
    const read = await personas.read("code-reviewer");
    expect(read).toMatchObject({
      ok: true,
      persona: {
        name: "code-reviewer",
        permissionMode: "acceptEdits",
        tools: ["Glob", "Grep", "Read", "Bash(git diff:*, git log:*)", "WebFetch"],
        prompt: "You are a reviewer.\n\n---\nEven a rule in the text is text.",
      },
    });
    expect(read.ok && "model" in read.persona).toBe(false);
    expect(read.ok && read.persona.description).toMatch(
      /^Use this agent when code was written\. Examples: <example>/,
    );
  });

  it.each([
    ["permission_mode: manual", { permissionMode: "default" }],
    ["tools: []", { tools: [] }],
    ['tools: ""', { tools: [] }],
    ["model: ''", {}],
    ["model:", {}],
    ["tools: ['*']", {}],
    ["unknown: [1, {a: 2}]", {}],
    ["# nothing but a comment", {}],
  ])("with %s has %j", (keys, expected) => {
    const read = parsePersona("x", `---\n${keys}\n---\nP`);
    const bare = {
      slug: "x",
      name: "X",
      description: "",
      allowedTools: [],
      disallowedTools: [],
      prompt: "P",
    };
    expect(read).toEqual({ ok: true, persona: { ...bare, ...expected } });
  });

  const oneMode = "one of default, acceptEdits, plan, auto, bypassPermissions, dontAsk";
  it.each([
    ["model: --dangerously-skip-permissions", "model", "the name of a model"],
    ["model: 4", "model", "the name of a model"],
    ["effort: huge", "effort", "one of low, medium, high, xhigh, max"],
    ["permission_mode: yolo", "permission_mode", oneMode],
    ["permissionMode: [plan]", "permissionMode", oneMode],
    ["allowed_tools: {Bash: true}", "allowed_tools", "a list of tools"],
    ["allowed_tools: [Read, 7]", "allowed_tools", "a list of tools"],
    ["disallowedTools: --help", "disallowedTools", "a list of tools"],
    ["name: [a]", "name", "text"],
  ])("with %s is faulty, and says which key must be what", (keys, key, expected) => {
    const read = parsePersona("x", `---\n${keys}\n---\nP`);
    expect(read).toEqual({ ok: false, fault: { kind: "bad_value", key, expected } });
  });

  it.each([
    ["a key twice", "name: a\nname: b", 3],
    ["an open bracket", "name: a\nmodel: [unclosed", 4],
    ["a colon too many, outside of prose", "effort: a: b", 2],
    ["a list in place of keys", "- a\n- b", undefined],
    ["a bomb", "a: &x [1,1]\nb: &y [*x,*x,*x,*x]\nc: &z [*y,*y,*y,*y]\nd: [*z,*z,*z,*z]", undefined],
    ["endless brackets", `a: ${"[".repeat(100_000)}`, 2],
  ])("with %s in its YAML is faulty, and says where", (_, keys, line) => {
    const read = parsePersona("x", `---\n${keys}\n---\nP`);
    const fault = line === undefined ? { kind: "bad_yaml" } : { kind: "bad_yaml", line };
    expect(read).toEqual({ ok: false, fault });
  });

  it.each([
    ["", "empty_prompt"],
    ["---\nname: X\n---\n \n", "empty_prompt"],
    ["---\nname: X\nYou are", "unclosed_front_matter"],
  ])("of the text %j is faulty", (text, kind) => {
    expect(parsePersona("x", text)).toEqual({ ok: false, fault: { kind } });
  });

  it("is a value or a fault, whatever the file holds", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc
        .array(
          fc.constantFrom(
            "---\n",
            "name:",
            "tools:",
            " ",
            "[",
            "]",
            "{",
            "&a",
            "*a",
            "!!js",
            "|",
            ">",
            "\n",
            "x",
            ": ",
            "- ",
            "__proto__:",
            '"',
            "'",
            "#",
            "\t",
            "?",
          ),
        )
        .map((parts) => `---\n${parts.join("")}\n---\nP`),
    );
    fc.assert(
      fc.property(text, (whole) => {
        const read = parsePersona("x", whole);
        if (!read.ok) {
          expect(read.fault.kind).toMatch(/^(?:bad_yaml|bad_value|empty_prompt|unclosed_front_matter)$/);
          return;
        }
        expect(read.persona.prompt).not.toBe("");
        for (const rule of [
          ...read.persona.allowedTools,
          ...read.persona.disallowedTools,
          ...(read.persona.tools ?? []),
        ]) {
          expect(rule).not.toMatch(/^-/);
        }
      }),
      { numRuns: 3000 },
    );
    expect(Object.keys({})).toEqual([]);
  });
});

describe("a bad file", () => {
  it("is named with its fault and harms no other", async () => {
    const { folder, personas } = await withFiles({
      "default.md": "Fine.",
      "Bad Name.md": "x",
      "big.md": "x".repeat(256 * 1024 + 1),
      "broken.md": "---\neffort: none\n---\nx",
      "latin.md": Uint8Array.from([0x67, 0x72, 0xfc, 0xdf, 0x65]),
      "nul.md": "a\0b",
      "README.md": "About this folder.",
      "notes.txt": "no persona",
      ".hidden.md": "no persona",
    });
    const outside = await withFiles({ "secret.md": "outside" });
    await symlink(join(outside.folder, "secret.md"), join(folder, "link.md"));
    await symlink("default.md", join(folder, "alias.md"));
    await symlink("nowhere.md", join(folder, "dangling.md"));
    await symlink("loop.md", join(folder, "loop.md"));
    await mkdir(join(folder, "folder.md"));
    spawnSync("mkfifo", [join(folder, "pipe.md")]);
    const { personas: good, faulty } = await personas.list();
    expect(good.map(({ slug }) => slug)).toEqual(["default", "alias"]);
    expect(Object.fromEntries(faulty.map(({ slug, fault }) => [slug, fault]))).toEqual({
      "Bad Name": { kind: "bad_name" },
      big: { kind: "too_big", maxBytes: 256 * 1024 },
      broken: expect.objectContaining({ kind: "bad_value", key: "effort" }),
      latin: { kind: "not_text" },
      nul: { kind: "not_text" },
      link: { kind: "outside" },
      loop: { kind: "unreadable", code: "ELOOP" },
      folder: { kind: "not_a_file" },
      pipe: { kind: "not_a_file" },
    });
    expect(await personas.read("link")).toEqual({ ok: false, kind: "faulty", fault: { kind: "outside" } });
    expect(await personas.read("../default")).toMatchObject({ ok: false, kind: "absent" });
    expect(await readdir(folder)).toHaveLength(15);
  });

  it("is not even looked for where there is no folder", async () => {
    const personas = createPersonas({ folder: join(await tempFolder(), "none") });
    expect(await personas.list()).toEqual({ personas: [], faulty: [] });
    expect(await personas.read("default")).toMatchObject({ ok: false, kind: "absent" });
  });
});

it("no shipped persona names a path of somebody's machine", async () => {
  for (const name of await readdir(SHIPPED)) {
    expect(await readFile(join(SHIPPED, name), "utf8")).not.toMatch(/\/(?:home|Users|work)\//);
  }
});
