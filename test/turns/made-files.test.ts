import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findMade, type FindRequest } from "../../bot/turns/made-files/find.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "parley-made-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Makes files; the later ones are newer. */
async function make(...paths: string[]): Promise<void> {
  for (const [at, path] of paths.entries()) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await writeFile(join(root, path), "x");
    const soon = new Date(Date.now() + at * 1_000);
    await utimes(join(root, path), soon, soon);
  }
}

async function found(given: Partial<FindRequest> = {}): Promise<string[]> {
  const request = {
    cwd: root,
    isOwn: true,
    written: new Map(),
    sinceMs: Date.now() - 60_000,
    nowMs: () => 0,
  };
  return (await findMade({ ...request, ...given })).map(({ path }) => path);
}

const written = (...names: [string, boolean][]) =>
  new Map(names.map(([name, isNew]) => [join(root, name), isNew]));

describe("the files that a turn made", () => {
  it("are what is new where it worked: documents first, then text, then the rest; the newest first", async () => {
    await make("run.py", "notes.md", "a.pdf", "deep/er/b.png");
    expect(await found()).toEqual(["deep/er/b.png", "a.pdf", "notes.md", "run.py"]);
  });

  it("are none of before, and none that is hidden, empty, a link or machinery", async () => {
    await make(".env", ".git/x.pdf", "node_modules/y.pdf", "dist/z.pdf");
    await writeFile(join(root, "empty.pdf"), "");
    await symlink("/etc/hostname", join(root, "link.pdf"));
    expect(await found()).toEqual([]);
    await make("a.pdf");
    expect(await found({ sinceMs: Date.now() + 60_000 })).toEqual([]);
  });

  it("are at most six, and of a checkout only documents", async () => {
    await make(...Array.from({ length: 20 }, (_, at) => `src/${at}.ts`), "paper.pdf");
    expect(await found()).toEqual(["paper.pdf"]);
    expect(await found({ written: written(["src/3.ts", false]) })).toEqual(["paper.pdf", "src/3.ts"]);
    await make(...Array.from({ length: 8 }, (_, at) => `${at}.csv`));
    expect(await found()).toHaveLength(6);
  });

  it("of a folder of the person's are what tools made, and documents: not each line of code that was changed", async () => {
    await make("old.ts", "new.ts", "table.csv", "beside.log");
    const tools = written(["old.ts", false], ["new.ts", true], ["gone.ts", true]);
    expect(await found({ isOwn: false, written: tools })).toEqual(["table.csv", "new.ts"]);
  });

  it("lie where Claude works, whatever its tools wrote elsewhere", async () => {
    await make("work/a.txt", "else.txt");
    const tools = written(["else.txt", true], ["work/a.txt", true]);
    expect(await found({ cwd: join(root, "work"), written: tools })).toEqual(["a.txt"]);
    expect(await found({ cwd: join(root, "gone") })).toEqual([]);
  });

  it("are looked for no longer than a moment", async () => {
    await make("a.pdf");
    let now = 0;
    expect(await found({ nowMs: () => (now += 400) })).toEqual([]);
  });
});
