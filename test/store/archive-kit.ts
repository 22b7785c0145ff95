/**
 * A home on disk for archive tests: real folders, a session with everything that
 * is awkward, and a way to compare trees. It does not know what is tested.
 */
import { spawn, spawnSync } from "node:child_process";
import { createCipheriv, createHash } from "node:crypto";
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startWorker } from "../../bot/store/archive/process.ts";
import type { Checkpoint, ClaudeFile } from "../../bot/store/archive/types.ts";
import { type ArchiveDeps, createArchives } from "../../bot/store/archive/archive.ts";
import { createPaths } from "../../bot/store/paths.ts";

export const FOLDER = "demo-0123abcd";

export const SESSION = {
  folder: FOLDER,
  id: "0123abcd-0000-4000-8000-000000000000",
  name: "Demo",
  persona: "default",
  chatId: 7,
  createdAt: "2026-01-01T00:00:00.000Z",
  lastTurn: { updateId: 12, endedAt: "2026-01-02T00:00:00.000Z", outcome: "answered" },
  totals: { turns: 2, costUsd: 0.5, inputTokens: 10, outputTokens: 20, durationMs: 3000 },
};

export type Home = ReturnType<typeof openHome>;

/** A new, empty home. */
export function makeHome() {
  const root = mkdtempSync(join(tmpdir(), "archive-"));
  for (const name of ["sessions", "archive", "personas", "cli"]) mkdirSync(join(root, name), { mode: 0o700 });
  return openHome(root);
}

/** The home at `root`, as each process sees it. */
export function openHome(root: string) {
  const paths = createPaths({
    sessions: join(root, "sessions"),
    archive: join(root, "archive"),
    personas: join(root, "personas"),
  });
  return {
    root,
    paths,
    live: paths.session(FOLDER).root,
    ...paths.archive(FOLDER),
    cliFile: join(root, "cli", "conversation.jsonl"),
    archives: (options: Partial<ArchiveDeps> = {}) =>
      createArchives({
        paths,
        now: () => new Date(),
        startWorker,
        ...options,
      }),
  };
}

/** The CLI's own files of the demo session. */
export function claudeFiles(home: Home): ClaudeFile[] {
  return [{ from: home.cliFile, as: "projects/-x/conversation.jsonl" }];
}

/** A live session: two turns, a workspace, the CLI's file. */
export function makeSession(home: Home, files: Record<string, string | Buffer> = {}): void {
  write(home.cliFile, '{"type":"user"}\n');
  const session = { version: 1, ...SESSION };
  const prompt = {
    version: 1,
    updateId: 11,
    createdAt: "2026-01-01T10:00:00.000Z",
    text: "hello\n# not a heading",
  };
  const receipt = {
    version: 1,
    updateId: 11,
    outcome: "answered",
    startedAt: "2026-01-01T10:00:00.000Z",
    endedAt: "2026-01-01T10:00:05.000Z",
    text: "Hi **there**",
    tools: [{ name: "Bash", title: "ls" }],
  };
  writeAll(home.live, {
    "session.json": JSON.stringify(session),
    "turns/11/prompt.json": JSON.stringify(prompt),
    "turns/11/out.ndjson": "{}\n",
    "turns/11/turn.json": JSON.stringify(receipt),
    "turns/12/prompt.json": JSON.stringify({ ...prompt, updateId: 12, text: "and now?" }),
    "workspace/notes.txt": "one\ntwo\n",
    ...files,
  });
}

export const ODD_NAMES = [
  "@archive.tar",
  "@",
  "-rf",
  "with space ",
  "ünï-çødé-日本-🎉",
  "e\u0301 decomposed",
  "é composed",
  "new\nline",
  "line\né",
  "*?[]\"'$(x)",
  "back\\slash",
  "C:colon",
  ".hidden",
  `${"long-ü\n".repeat(30)}end`,
  `${"d/".repeat(40)}deep`,
  `${`${"ß".repeat(120)}/`.repeat(5)}wide`,
];

/** Bytes that do not compress, the same every time. */
export function noise(bytes: number): Buffer {
  const key = createHash("sha256").update("noise").digest();
  return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

/** Adds everything awkward that survives a round trip. */
export function addOddFiles(home: Home): void {
  const workspace = join(home.live, "workspace");
  for (const name of ODD_NAMES) write(join(workspace, "odd", name), `content of ${name}`);
  write(join(workspace, "run.sh"), "#!/bin/sh\necho ran\n");
  chmodSync(join(workspace, "run.sh"), 0o755);
  mkdirSync(join(workspace, "empty/inner"), { recursive: true });
  write(join(workspace, "empty.txt"), "");
  write(join(workspace, "zeros.bin"), Buffer.alloc(3 * 1024 * 1024));
  linkSync(join(workspace, "notes.txt"), join(workspace, "hard-1"));
  linkSync(join(workspace, "notes.txt"), join(workspace, "empty", "hard-2"));
}

/** Adds what is named in the manifest and not packed. */
export function addOddKinds(home: Home): void {
  const workspace = join(home.live, "workspace");
  symlinkSync("/etc/passwd", join(workspace, "to-passwd"));
  symlinkSync("nowhere", join(workspace, "dangling"));
  symlinkSync("..", join(workspace, "loop"));
  spawnSync("mkfifo", [join(workspace, "pipe")]);
}

export function write(path: string, data: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, data, { mode: 0o600 });
}

export function writeAll(root: string, files: Record<string, string | Buffer>): void {
  for (const [name, data] of Object.entries(files)) write(join(root, name), data);
}

/** Every file and folder below `root` with its content: equal snapshots, equal trees. Links and pipes are left out. */
export function snapshot(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (below: string): void => {
    for (const name of readdirSync(join(root, below))) {
      const path = below === "" ? name : `${below}/${name}`;
      const stats = lstatSync(join(root, path));
      if (stats.isDirectory()) {
        found[path] = "folder";
        visit(path);
      } else if (stats.isFile()) {
        const hash = createHash("sha256")
          .update(readFileSync(join(root, path)))
          .digest("hex");
        found[path] = `${stats.mode & 0o100 ? "x" : "-"} ${stats.size} ${hash}`;
      }
    }
  };
  visit("");
  return found;
}

/** Files and folders below `root` with other modes than 0600 (0700 with "the owner may run it") and 0700. */
export function looseModes(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => {
    const stats = lstatSync(join(root, name));
    const mode = stats.mode & 0o7777;
    return stats.isDirectory() ? mode !== 0o700 : mode !== 0o600 && mode !== 0o700;
  });
}

/** Names that only a cut-off operation leaves. */
export function leftovers(home: Home): string[] {
  const { sessions, archive } = home.paths.folders;
  return [sessions, archive].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
      (name) => /\.(?:part|tmp)$/.test(name) || /^\.(?:archiving|restoring|deleting)-[^/]*$/.test(name),
    ),
  );
}

/** What GNU tar makes of a tarball. */
export function untar(tarball: string): { root: string; status: number | null } {
  const root = mkdtempSync(join(tmpdir(), "untar-"));
  const { status } = spawnSync("tar", ["-xzf", tarball, "-C", root]);
  return { root, status };
}

/** Runs `archive-program.ts` in a process of its own. Replies with its last line, parsed, and how it ended. */
export async function runProgram(
  home: Home,
  task: "pack" | "restore" | "unpack" | "erase" | "finish" | "measure",
  options: { killAt?: Checkpoint | undefined; prefix?: string } = {},
): Promise<{ signal: NodeJS.Signals | null; code: number | null; reply: unknown }> {
  const program = fileURLToPath(new URL("./archive-program.ts", import.meta.url));
  const argv = [process.execPath, "--import", "tsx", program, home.root, task, options.killAt ?? "-"];
  const child =
    options.prefix === undefined
      ? spawn(argv[0] ?? "", argv.slice(1), { stdio: ["ignore", "pipe", "inherit"] })
      : spawn("sh", ["-c", `${options.prefix}; exec "$@"`, "sh", ...argv], {
          stdio: ["ignore", "pipe", "inherit"],
        });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  return new Promise((resolve) => {
    child.once("close", (code, signal) => {
      resolve({
        code,
        signal,
        reply: out === "" ? undefined : JSON.parse(out.trim().split("\n").at(-1) ?? ""),
      });
    });
  });
}
