/**
 * The ground that snapshots are of, and our own bare repository beside it. In a
 * git repository its objects are borrowed and its index is copied, so that a
 * large one need not be read; the repository itself is never written to, and
 * its configuration, hooks and filters never count. It does not take snapshots.
 */
import { copyFile, mkdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { codeOf } from "../../error-code.ts";
import { isWithin } from "../within.ts";
import { createGit, type Git, type GitResult, namesOf } from "./git.ts";
import { findRepository, type Repository } from "./repository.ts";

/** A folder with all below it: the top of a git repository, or where Claude works. `store` is our repository for it. */
export interface Ground {
  readonly store: string;
  readonly top: string;
  readonly repository?: Repository;
}

/** Where to look. */
export interface GroundRequest {
  readonly store: string;
  /** Real and absolute. */
  readonly cwd: string;
  /** Folders above which no repository is looked for. */
  readonly ceilings: readonly string[];
}

/** The ground of a working directory. */
export async function groundOf({ store, cwd, ceilings }: GroundRequest): Promise<Ground> {
  const repository = await findRepository(cwd, ceilings);
  return repository === undefined ? { store, top: cwd } : { store, top: repository.top, repository };
}

/** What opening a ground needs of the machine. */
export interface Surroundings {
  /** Where programs are looked for. */
  readonly path: string;
  /** The person's home, for what they ignore everywhere. */
  readonly home: string | undefined;
  /** Folders of ours: what is in them is never part of a snapshot. */
  readonly closed: readonly string[];
  /** What files of the person's are made with. */
  readonly umask: number;
}

/** Dependencies and caches: not worth keeping where no `.gitignore` says so. */
const MACHINERY =
  "node_modules .venv venv __pycache__ .mypy_cache .pytest_cache .ruff_cache .tox .gradle .cache .npm .DS_Store";
const MAX_INDEX_BYTES = 256 * 1024 * 1024;
const MAX_TEXT_BYTES = 1024 * 1024;

/** Opens our repository for `ground`, made if it is not there, and gives the git that works in it; `isNew` if it knows nothing of this ground yet. */
export async function openGround(
  ground: Ground,
  around: Surroundings,
): Promise<(GitResult & { ok: false }) | { git: Git; isNew: boolean }> {
  const { store, top } = ground;
  const git = createGit({ gitDir: store, workTree: top }, around.path);
  // A git that was killed leaves its lock; nobody else works here.
  await rm(join(store, "index.lock"), { force: true });
  await makeRepository(store);
  if ((await readText(join(store, "parley-top"))) === top) return { git, isNew: false };
  await rm(join(store, "index"), { force: true });
  await writeFile(join(store, "info/exclude"), await ignoredIn(ground, around));
  const begun = ground.repository && (await borrow(ground.repository, store, git, around));
  if (begun?.ok === false) return begun;
  await writeFile(join(store, "parley-top"), top);
  return { git, isNew: true };
}

/**
 * By hand: `git init` would look for templates, and ask the folder what it can do. Each time anew: what
 * runs here as we do, or came out of somebody's archive, may have put programs of its own into it.
 */
async function makeRepository(store: string): Promise<void> {
  // Not with what is above it: a session that was archived meanwhile does not come back by this.
  await mkdir(store, { mode: 0o700 }).catch((error: unknown) => {
    if (codeOf(error) !== "EEXIST") throw error;
  });
  for (const name of ["commondir", "config.worktree"]) await rm(join(store, name), { force: true });
  for (const folder of ["objects/info", "objects/pack", "refs/parley", "info"])
    await mkdir(join(store, folder), { recursive: true, mode: 0o700 });
  const mac = process.platform === "darwin" ? "\tignoreCase = true\n\tprecomposeUnicode = true\n" : "";
  await writeFile(join(store, "config"), `[core]\n\trepositoryFormatVersion = 0\n${mac}`);
  // Bytes are kept as they are: no line ends, no filters, no keywords, whatever an attribute in the tree wishes.
  await writeFile(join(store, "info/attributes"), "* -text -eol -filter -ident -working-tree-encoding\n");
  await writeFile(join(store, "HEAD"), "ref: refs/parley/none\n");
}

/** What the person ignores beside the `.gitignore` files, and what is ours. */
async function ignoredIn({ top, repository }: Ground, { home, closed }: Surroundings): Promise<string> {
  const own = closed
    .filter((folder) => folder !== top && isWithin(folder, top))
    .map(
      (folder) =>
        `/${relative(top, folder)
          .split(sep)
          .join("/")
          .replaceAll(/[\\*?[\]!# ]/g, "\\$&")}/`,
    );
  const theirs = repository === undefined ? "" : await readText(join(repository.commonDir, "info/exclude"));
  const everywhere = home === undefined ? "" : await readText(join(home, ".config/git/ignore"));
  const usual = repository === undefined ? MACHINERY.split(" ") : [];
  return [everywhere, theirs, ...usual, ...own, ""].join("\n");
}

/** Lets our repository read the objects of the person's, and begins with what they track. */
async function borrow(
  repository: Repository,
  store: string,
  git: Git,
  { home }: Surroundings,
): Promise<GitResult | undefined> {
  const settings = await readText(join(repository.commonDir, "config"));
  // Objects under other names are of no use to us: then all of it is read.
  if (/objectformat\s*=\s*sha256/i.test(settings)) return undefined;
  await writeFile(join(store, "objects/info/alternates"), `${join(repository.commonDir, "objects")}\n`);
  const from = join(repository.gitDir, "index");
  const known = await stat(from).catch(() => undefined);
  if (known === undefined || known.size === 0 || known.size > MAX_INDEX_BYTES) return undefined;
  const index = join(store, "index");
  await copyFile(from, index);
  // By the time of its index git knows which files may have changed since in the same second: those it reads.
  const written = Math.floor(known.mtimeMs / 1_000);
  await utimes(index, written, written);
  const listed = await git(["ls-files", "-z"]);
  if (!listed.ok) {
    // One that leans on other files (a split index): all of it is read.
    await rm(index, { force: true });
    return undefined;
  }
  const everywhere = home === undefined ? "" : await readText(join(home, ".gitconfig"));
  const attributes = await readText(join(repository.commonDir, "info/attributes"));
  const isPlain =
    attributes === "" &&
    !namesOf(listed.stdout).some((name) => /(^|\/)\.gitattributes$/.test(name)) &&
    !/autocrlf|attributesfile|\beol\b/i.test(settings + everywhere);
  if (isPlain) return undefined;
  // What is tracked may not be what lies there, byte for byte: only the names are taken over, each file is read.
  const staged = await git(["ls-files", "-z", "-s"]);
  if (!staged.ok) return staged;
  await rm(index, { force: true });
  return git(["update-index", "-z", "--index-info"], { input: staged.stdout });
}

/** A small text; empty where there is none. */
async function readText(path: string): Promise<string> {
  const size = await stat(path).then(
    (stats) => (stats.isFile() ? stats.size : 0),
    () => 0,
  );
  return size === 0 || size > MAX_TEXT_BYTES ? "" : readFile(path, "utf8").catch(() => "");
}
