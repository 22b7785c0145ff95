/**
 * What an archive holds beside the session's own folder: the CLI's files, copied
 * under `claude/`, and `transcript.md`. Runs in the child process. It promises to
 * copy and never to move, and to follow no link. It does not know what the files mean.
 */
import { constants } from "node:fs";
import { mkdir, open, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { OWN_NAMES, removeTree } from "./context.ts";
import { type ClaudeFile, faultOf, Refusal, type SessionSummary } from "./types.ts";
import { isErrno, sweepTemporary, writeFileDurably } from "../json-file.ts";
import { isSafePath } from "./manifest.ts";
import { renderTranscript, type TurnTexts } from "./transcript-md.ts";

const MAX_TEXT_BYTES = 32 * 1024 * 1024;

/** Makes both anew in `root`. Throws a Refusal. */
export async function gatherFiles(
  root: string,
  session: SessionSummary,
  claudeFiles: readonly ClaudeFile[],
): Promise<{ turns: number }> {
  await sweepTemporary(root);
  for (const name of [OWN_NAMES.manifest, OWN_NAMES.claude, OWN_NAMES.transcript]) {
    await removeTree(join(root, name));
  }
  const claude = join(root, OWN_NAMES.claude);
  await mkdir(claude, { mode: 0o700 });
  for (const file of claudeFiles) await copy(file, claude);
  const turns = await readTurns(join(root, "turns"));
  await writeFileDurably(join(root, OWN_NAMES.transcript), renderTranscript(session, turns));
  return { turns: turns.length };
}

async function copy({ from, as }: ClaudeFile, claude: string): Promise<void> {
  const shown = `${OWN_NAMES.claude}/${as}`;
  if (!isSafePath(as)) throw new Refusal({ kind: "unreadable", path: shown });
  const to = join(claude, as);
  try {
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    const source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { mtime } = await source.stat();
      const target = await open(to, "wx", 0o600);
      try {
        await writeFile(target, source.createReadStream({ autoClose: false }));
        await target.utimes(mtime, mtime);
      } finally {
        await target.close();
      }
    } finally {
      await source.close();
    }
  } catch (error) {
    const fault = faultOf(error, shown);
    // Nothing of a frozen session can vanish; a file of the CLI that is not there was never readable.
    throw new Refusal(fault.kind === "changed" ? { kind: "unreadable", path: shown } : fault);
  }
}

async function readTurns(folder: string): Promise<TurnTexts[]> {
  const names = (await readdir(folder).catch(absent))?.filter((name) => /^\d{1,16}$/.test(name)) ?? [];
  names.sort((a, b) => Number(a) - Number(b));
  const turns: TurnTexts[] = [];
  for (const updateId of names) {
    const [prompt, receipt] = await Promise.all(
      ["prompt.json", "turn.json"].map((name) => readText(join(folder, updateId, name))),
    );
    turns.push({ updateId, prompt, receipt });
  }
  return turns;
}

/** A file's text; undefined if there is none, or what is there is no file of a size that we write. */
async function readText(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      return stats.isFile() && stats.size <= MAX_TEXT_BYTES ? await file.readFile("utf8") : undefined;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isErrno(error, "ELOOP") || isErrno(error, "ENXIO")) return undefined;
    return absent(error);
  }
}

function absent(error: unknown): undefined {
  if (isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR")) return undefined;
  throw error;
}
