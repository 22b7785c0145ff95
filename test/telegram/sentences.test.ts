import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { repoRoot } from "../harness/folders.ts";

it("a sentence to the person is made in the presenter, and nowhere else", async () => {
  const root = join(repoRoot, "bot", "telegram");
  const names = await readdir(root, { recursive: true });
  const others = names.filter((name) => name.endsWith(".ts") && !name.startsWith("presenter/"));
  expect(others.length).toBeGreaterThan(50);
  for (const name of others) {
    const source = await readFile(join(root, name), "utf8");
    // What is said, or stands in a toast: a text that begins like a sentence and ends like one.
    const code = source.replaceAll(/\/\*\*[^]*?\*\/|\/\/.*/g, "");
    const sentences = code.match(/["`](?:⚠️ )?[A-Z][^"`\n]* [^"`\n]*[.!?]["`]/gu) ?? [];
    expect({ name, sentences }).toEqual({ name, sentences: [] });
  }
});
