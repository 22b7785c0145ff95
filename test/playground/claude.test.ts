import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { findClaude, ownPath } from "./claude.ts";

/** A folder with a `claude` in it that says it is logged in, or not. */
async function machine(where: string, status: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "parley-path-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const folder = join(root, where);
  await mkdir(folder, { recursive: true });
  const script = `#!/bin/sh\nif [ "$1" = --version ]; then echo "2.9.9 (Claude Code)"; else ${status}; fi\n`;
  await writeFile(join(folder, "claude"), script);
  await chmod(join(folder, "claude"), 0o755);
  return folder;
}

const loggedIn = `echo '{"loggedIn": true, "authMethod": "oauth_token"}'`;
const loggedOut = `echo '{"loggedIn": false, "authMethod": "none"}'; exit 1`;
const path = (...folders: string[]): { PATH: string } => ({
  PATH: [...folders, "/usr/bin", "/bin"].join(delimiter),
});

describe("whose Claude answers in the playground", () => {
  it("is the person's own, if it is there and logged in, and the page says whose account that is", async () => {
    const folder = await machine("bin", loggedIn);
    expect(await findClaude(path(folder), false)).toMatchObject({
      bin: join(folder, "claude"),
      isScripted: false,
      title: "Your Claude 2.9.9",
      sentence: expect.stringContaining("your account") as string,
    });
  });

  it.each([
    ["not logged in", "bin", loggedOut, /here but not logged in.*not from Claude/],
    ["broken", "bin", "exit 3", /not logged in/],
    ["only the package's, which npm puts on the path", "node_modules/.bin", loggedIn, /was not found/],
  ])("is the script where Claude Code is %s", async (_, where, status, sentence) => {
    const folder = await machine(where, status);
    const found = await findClaude(path(folder), false);
    expect(found).toMatchObject({ isScripted: true, sentence: expect.stringMatching(sentence) as string });
  });

  it("is the script when asked for, whatever is there", async () => {
    const folder = await machine("bin", loggedIn);
    expect(await findClaude(path(folder), true)).toMatchObject({ isScripted: true });
  });

  it("leaves npm's own folders out of the path", () => {
    const PATH = ["/a/node_modules/.bin", "/usr/lib/npm/node-gyp-bin", "/usr/bin", ""].join(delimiter);
    expect(ownPath({ PATH })).toBe("/usr/bin");
  });
});
