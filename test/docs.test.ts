/**
 * The documents say what is so: every setting, command, notice and failure has
 * its place in them, and what they link to is there.
 */
import { access, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { settingNames } from "../bot/config.ts";
import type { Session } from "../bot/store/session.ts";
import { describeFailure } from "../bot/telegram/presenter/failure.ts";
import * as notices from "../bot/telegram/presenter/notices.ts";
import type { Failure } from "../bot/turns/view.ts";
import { repoRoot } from "./harness/folders.ts";
import { textOf } from "./telegram/presenter-check.ts";

const text = (name: string) => readFile(join(repoRoot, name), "utf8");

/** Settings that only tests use. */
const HIDDEN = new Set(["PARLEY_KILL_AT"]);
/** Folders that are made while it runs. */
const DATA = new Set([".build/", "uploads/"]);

describe("every setting", () => {
  it.each(settingNames().filter((name) => !HIDDEN.has(name)))(
    "%s is in the README and in .env.example",
    async (name) => {
      expect(await text("README.md")).toMatch(new RegExp(`^\\| .*\`${name}\``, "m"));
      expect(await text(".env.example")).toMatch(new RegExp(`^#?${name}=`, "m"));
    },
  );

  it("stands in .env.example right below the words about it, and no words stand there alone", async () => {
    const isSetting = (line: string): boolean => /^#?[A-Z_]+=/.test(line);
    const [, ...paragraphs] = (await text(".env.example")).trim().split("\n\n");
    expect(paragraphs.length).toBeGreaterThan(20);
    const strange = paragraphs.filter((paragraph) => {
      const lines = paragraph.split("\n");
      const first = lines.findIndex(isSetting);
      return first < 1 || !lines.slice(first).every(isSetting);
    });
    expect(strange).toEqual([]);
  });
});

describe("every command", () => {
  it("is in the README's table", async () => {
    const table = await text("bot/telegram/commands.ts");
    const names = [...table.matchAll(/from "\.\/commands\/([a-z-]+)\.ts"/g)].map(([, file]) => file ?? "");
    const sources = await Promise.all(names.map((file) => text(`bot/telegram/commands/${file}.ts`)));
    const commands = sources.flatMap((source) =>
      [...source.matchAll(/\bname: "([a-z0-9_]+)",\s*description:/g)].map(([, name]) => name ?? ""),
    );
    expect(commands.length).toBeGreaterThan(8);
    const readme = await text("README.md");
    for (const name of commands) expect(readme).toMatch(new RegExp(`^\\| .*\`/${name}[ \`]`, "m"));
  });

  it("of npm that a document names is there", async () => {
    const { scripts } = JSON.parse(await text("package.json")) as { scripts: Record<string, string> };
    for (const name of [
      "README.md",
      "CONTRIBUTING.md",
      "docs/operations.md",
      "docs/performance.md",
      "SECURITY.md",
    ])
      for (const [, script = ""] of (await text(name)).matchAll(/npm run ([a-z:]+)/g))
        expect(Object.keys(scripts)).toContain(script);
  });
});

describe("docs/operations.md", () => {
  const session = { id: "0a1b2c3d-0000", name: "Home" } as Session;
  /** One of each kind of notice; a new one that is missing here fails below. */
  const samples: Record<string, () => ReturnType<typeof notices.recovered>> = {
    recovered: () => notices.recovered([session]),
    archiveFinished: () => notices.archiveFinished("Home"),
    sessionSetAside: () => notices.sessionSetAside("home-0a1b2c3d"),
    chatsSetAside: () => notices.chatsSetAside(),
    needsLook: () => notices.needsLook(session),
    groupMigrated: () => notices.groupMigrated("Home", -1001),
    partRefused: () => notices.partRefused({ isTurn: true }),
    notShown: () => notices.notShown({ isTurn: true }),
  };
  const ANSWERS = new Set(["status", "help"]);

  it("has a row for each notice", async () => {
    const operations = await text("docs/operations.md");
    expect(Object.keys(samples).sort()).toEqual(
      Object.keys(notices)
        .filter((name) => !ANSWERS.has(name))
        .sort(),
    );
    for (const make of Object.values(samples)) expectRow(operations, textOf(make()));
  });

  it("has a row for each way that a turn fails", async () => {
    const operations = await text("docs/operations.md");
    const failures: { readonly [Kind in Failure["kind"]]: Extract<Failure, { kind: Kind }> } = {
      api_error: { kind: "api_error", message: "Overloaded." },
      not_logged_in: { kind: "not_logged_in", message: "x" },
      cli_missing: { kind: "cli_missing", file: "claude", code: "ENOENT" },
      not_started: { kind: "not_started", code: "EAGAIN", detail: "" },
      folder_missing: { kind: "folder_missing", path: "/x" },
      cli_refused: { kind: "cli_refused", message: "x" },
      conversation_missing: { kind: "conversation_missing" },
      session_in_use: { kind: "session_in_use" },
      reported: { kind: "reported", subtype: "x", message: "y" },
      exited: { kind: "exited", code: 1, stderrTail: "" },
      unreadable: { kind: "unreadable", detail: "x" },
      timed_out: { kind: "timed_out", watchdog: "silent", afterMs: 1_000 },
      stopped: { kind: "stopped" },
    };
    for (const failure of Object.values(failures))
      expectRow(operations, describeFailure(failure, false).text);
  });
});

/** Some row's first column begins as `said` does; … in it stands for anything. */
function expectRow(operations: string, said: string): void {
  const cells = [...operations.matchAll(/^\| ([^|]+?) \|/gm)].map(([, cell = ""]) => cell);
  const isSaid = (cell: string): boolean =>
    new RegExp(`^${cell.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("…", ".+")}`, "s").test(said);
  if (!cells.some(isSaid)) throw new Error(`no row of docs/operations.md begins as this does: ${said}`);
}

describe("every link", () => {
  it.each([
    "README.md",
    "bot/README.md",
    "docs/operations.md",
    "docs/performance.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
  ])("in %s leads somewhere", async (name) => {
    const document = await text(name);
    const targets = [...document.matchAll(/\]\(([^)\s]+)\)|<img src="([^"]+)"/g)].map(
      ([, a, b]) => a ?? b ?? "",
    );
    for (const target of targets.filter((each) => !/^https?:/.test(each))) {
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? join(repoRoot, name) : join(repoRoot, dirname(name), path);
      await access(file);
      if (anchor !== undefined) expect(anchorsOf(await readFile(file, "utf8"))).toContain(anchor);
    }
  });
});

describe("every file that is named", () => {
  /** All of ours, as the documents name them: from anywhere above. */
  async function files(): Promise<string[]> {
    const folders = ["bot", "test", "docs"];
    const lists = await Promise.all(
      folders.map((folder) => readdir(join(repoRoot, folder), { recursive: true })),
    );
    return lists.flatMap((list, at) => list.map((path) => `/${folders[at]}/${path}`));
  }

  it.each(["bot/README.md", "CONTRIBUTING.md"])("in %s is there", async (document) => {
    const all = await files();
    const named = [
      ...(await text(document)).matchAll(
        /`((?:[a-z][\w-]*\/)+|(?:[a-z][\w-]*\/)*[a-z][\w-]*\.(?:ts|mjs|cjs))`/g,
      ),
    ].map(([, path = ""]) => path);
    expect(named.length).toBeGreaterThan(2);
    const isThere = (path: string): boolean =>
      all.some((file) => (path.endsWith("/") ? `${file}/`.includes(`/${path}`) : file.endsWith(`/${path}`)));
    expect(named.filter((path) => !isThere(path) && !DATA.has(path))).toEqual([]);
  });

  it("on the way of one message is there", async () => {
    const [, way = ""] =
      /## The way of one message\n+```\n([^]*?)```/.exec(await text("bot/README.md")) ?? [];
    const named = [...way.matchAll(/(?:^ +|► )((?:telegram|turns|claude)\/[a-z-]+) /gm)].map(
      ([, file]) => file,
    );
    expect(named.length).toBeGreaterThan(8);
    expect(await files()).toEqual(expect.arrayContaining(named.map((file) => `/bot/${file}.ts`)));
  });
});

/** As GitHub makes them. */
function anchorsOf(document: string): string[] {
  return [...document.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-"),
  );
}
