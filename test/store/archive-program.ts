/** One archive task in a process of its own, which kills itself at the point it is told: `archive-program.ts <home> <task> <checkpoint>`. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { readContents } from "../../bot/store/archive/contents.ts";
import { DEFAULT_LIMITS } from "../../bot/store/archive/types.ts";
import { claudeFiles, FOLDER, openHome, SESSION } from "./archive-kit.ts";

const [root = "", task = "", killAt = "-"] = process.argv.slice(2);
const home = openHome(root);
const archives = home.archives({
  checkpoint: (name) => {
    if (name === killAt) process.kill(process.pid, "SIGKILL");
  },
});

const tasks: Record<string, () => Promise<unknown>> = {
  pack: () => archives.pack(SESSION, claudeFiles(home)),
  restore: () =>
    archives.restore(FOLDER, async (root) => {
      copyFileSync(join(root, "claude/projects/-x/conversation.jsonl"), home.cliFile);
    }),
  /** From a tarball that lies elsewhere, as one does that was sent in. */
  unpack: () =>
    archives.restoreFrom({ folder: FOLDER, tarball: home.paths.parcel(1).tarball }, async (root) => {
      copyFileSync(join(root, "claude/projects/-x/conversation.jsonl"), home.cliFile);
    }),
  erase: () => archives.erase(FOLDER),
  finish: () => archives.finish(),
  /** The most memory that reading the tarball to its end ever takes, in bytes. */
  measure: async () => {
    const refusal = await readContents(home.tarball, DEFAULT_LIMITS).catch((error: unknown) => String(error));
    return { refusal, maxRssBytes: process.resourceUsage().maxRSS * 1024 };
  },
};

const result = await tasks[task]?.();
process.stdout.write(`${JSON.stringify(result ?? null)}\n`);
