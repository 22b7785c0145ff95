/** What starts the programs: a project of one file, in a folder of its own. */
import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { repoRoot } from "./harness/folders.ts";
import { tempFolder } from "./store/room.ts";

async function project(source: string) {
  const root = await tempFolder();
  await mkdir(join(root, "bot"));
  await cp(join(repoRoot, "bot/launch.cjs"), join(root, "bot/launch.cjs"));
  await cp(join(repoRoot, "bot/launch"), join(root, "bot/launch"), { recursive: true });
  await symlink(join(repoRoot, "node_modules"), join(root, "node_modules"));
  await writeFile(join(root, "package.json"), '{ "type": "module" }');
  let saves = 0;
  /** Saved a while ago, each time a second later: a source that was saved just now is not trusted. */
  const save = async (text: string): Promise<void> => {
    const file = join(root, "bot/hello.ts");
    await writeFile(file, text);
    saves += 1;
    await utimes(file, 1_000_000 + saves, 1_000_000 + saves);
  };
  await save(source);
  for (const name of [
    "bot/launch.cjs",
    "package.json",
    ...["bundle", "files", "stack"].map((one) => `bot/launch/${one}.cjs`),
  ])
    await utimes(join(root, name), 1_000_000, 1_000_000);
  const build = join(root, ".build");
  return {
    save,
    build,
    files: async () => (await readdir(build)).toSorted(),
    run: async (...args: string[]) =>
      promisify(execFile)(process.execPath, [join(root, "bot/launch.cjs"), "hello", ...args], {
        timeout: 30_000,
      }),
  };
}

const hello = (word: string): string =>
  `const greet = (name: string): string => "${word} " + name;\nconsole.log(greet(process.argv[2] ?? "you"));\n`;

describe("a program", () => {
  it("is bundled once, keeps its arguments, and runs as it was last saved", async () => {
    const { run, save, files } = await project(hello("hello"));
    expect(await run("Anna")).toMatchObject({ stdout: "hello Anna\n", stderr: "" });
    const first = await files();
    expect(first.map((name) => name.replace(/[0-9a-f]{16}/, "…").replace(/v\d+.*-\w+\.v8/, "v8"))).toEqual([
      "hello-….cjs",
      "hello-….cjs.lines",
      "hello-….cjs.v8",
      "hello.json",
    ]);
    expect((await run()).stdout).toBe("hello you\n");
    expect(await files()).toEqual(first);
    await save(hello("adieu"));
    expect((await run("Anna")).stdout).toBe("adieu Anna\n");
    const second = await files();
    expect(second).toHaveLength(4);
    expect(second).not.toEqual(first);
  });

  it("says in a bundle what it says in its source, whatever it is written in", async () => {
    const { run } = await project(
      [
        "const tag = (parts: TemplateStringsArray, ...rest: string[]) => String.raw({ raw: parts.raw }, ...rest) + parts.join();",
        'const word: string = "grün 👍";',
        "console.log(tag`🔐 ${word} \\u2028…`, `“${word}”`, /^(да|👍)[ü]$/iu.test('👍ü'), /[–ü]/.test('ü'), '\\u00fc');",
      ].join("\n"),
    );
    const { stdout } = await run();
    expect(stdout).toBe("🔐 grün 👍 \\u2028…🔐 ,\u0020\u2028… “grün 👍” true true ü\n");
    expect((await run()).stdout).toBe(stdout);
  });

  it("that breaks names the line of its source", async () => {
    const { run } = await project(
      'type Lost = { at: string };\n\nfunction break_(lost: Lost): never {\n  throw new RangeError(lost.at);\n}\ntry {\n  break_({ at: "sea" });\n} catch (error) {\n  console.log((error as Error).stack);\n}\n',
    );
    const { stdout } = await run();
    expect(stdout).toMatch(/^RangeError: sea\n {4}at break_ \(\/.*\/bot\/hello\.ts:4:\d+\)\n/);
    expect(stdout).toMatch(/ at \/.*\/bot\/hello\.ts:7:\d+\n/);
  });

  it("runs where nothing can be kept, and where what was kept is damaged", async () => {
    const { run, build, files } = await project(hello("hello"));
    await writeFile(build, "in the way");
    expect(await run()).toMatchObject({ stdout: "hello you\n", stderr: "" });

    const other = await project(hello("hello"));
    await other.run();
    for (const name of await other.files()) {
      const path = join(other.build, name);
      const whole = await readFile(path);
      await writeFile(path, name.endsWith(".cjs") ? "" : whole.subarray(0, whole.length / 2));
      // An empty bundle says nothing, and is no bundle.
      expect((await other.run()).stdout).toBe("hello you\n");
    }
    await expect(files()).rejects.toThrow("ENOTDIR");
  });

  it("runs from its sources where it cannot be bundled, and says so", async () => {
    const { run } = await project('await Promise.resolve();\nconsole.log("slow" satisfies string);\n');
    const { stdout, stderr } = await run();
    expect(stdout).toBe("slow\n");
    expect(stderr).toContain("The sources run one by one");
  });

  it("is whole however many start it at once", async () => {
    const { run, files } = await project(hello("hello"));
    const all = await Promise.all([run(), run(), run(), run()]);
    expect(all.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 4 }, () => "hello you\n"));
    expect((await files()).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    expect((await run()).stdout).toBe("hello you\n");
  });
});
