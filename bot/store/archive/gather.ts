/**
 * What an archive holds beside the session's own folder: the CLI's files, copied
 * under `claude/`, and `transcript.md`. Runs in the child process. It promises to
 * copy and never to move, and to follow no link. It does not know what the files mean.
 */
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { OWN_NAMES, removeTree } from "./context.ts";
import { type ClaudeFile, faultOf, Refusal, type SessionSummary } from "./types.ts";
import { sweepTemporary } from "../json-file.ts";
import { isSafePath } from "./manifest.ts";
import { readConversation } from "../pages/conversation.ts";
import { markdownPage } from "../pages/markdown-page.ts";
import { readTurns } from "../pages/read-turns.ts";

const CHUNK_BYTES = 512 * 1024;

/** Makes both anew in `root`; not durably, since each try does. Throws a Refusal. */
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
  const [turns] = await Promise.all([readTurns(join(root, "turns")), copyAllInto(claude, claudeFiles)]);
  const page = markdownPage(session, readConversation(turns));
  await writeFile(join(root, OWN_NAMES.transcript), page, { mode: 0o600 });
  return { turns: turns.length };
}

async function copyAllInto(claude: string, files: readonly ClaudeFile[]): Promise<void> {
  for (const file of files) await copy(file, claude);
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
        await copyAll(source, target);
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

async function copyAll(source: FileHandle, target: FileHandle): Promise<void> {
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  for (;;) {
    const { bytesRead } = await source.read(chunk, 0, CHUNK_BYTES, null);
    if (bytesRead === 0) return;
    await target.writeFile(chunk.subarray(0, bytesRead));
  }
}
