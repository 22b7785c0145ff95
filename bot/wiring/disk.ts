/**
 * Opens the disk: the lock first, then what a crash left half done, then
 * everything is read. A folder that cannot be used is a value: the sentence to
 * end with. It constructs, and knows no chat and no process.
 */
import { randomUUID } from "node:crypto";
import { mkdir, stat, utimes } from "node:fs/promises";
import { createCheckpoint } from "../checkpoint.ts";
import { now, wait } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../logger.ts";
import { createArchives } from "../store/archive/archive.ts";
import { takeLock } from "../store/lock.ts";
import { createPaths } from "../store/paths.ts";
import { createPersonas } from "../store/personas.ts";
import { createSessionManager } from "../store/session-manager.ts";
import { watchSessions } from "../store/watch-sessions.ts";
import { openJournal } from "../turns/journal.ts";
import { openLatencies } from "../turns/latencies.ts";
import { createBudget } from "../turns/usage/budget.ts";
import { createLedger } from "../turns/usage/ledger.ts";

/** Between two tries on a full disk. */
const DISK_FULL_MS = 5_000;

/** Why the disk was not opened: another bot holds it, or a newer one wrote it. */
export type DiskFault = { readonly ok: false; readonly kind: "locked" | "newer"; readonly sentence: string };

/** All that is kept on the disk. */
export type Disk = Exclude<Awaited<ReturnType<typeof openDisk>>, DiskFault>;

const newer = (path: string): DiskFault => ({
  ok: false,
  kind: "newer",
  sentence: `${path} was written by a newer Parley. Nothing was touched; update this one.`,
});

/** Opens the folders of `config`, made where they are missing. Throws where the disk itself refuses. */
export async function openDisk(config: Config, logger: Logger, stopping: AbortSignal) {
  const { SESSIONS_DIR: sessionsDir, ARCHIVE_DIR: archive, PERSONAS_DIR: personasDir } = config;
  const paths = createPaths({ sessions: sessionsDir, archive, personas: personasDir });
  for (const folder of [sessionsDir, archive]) await mkdir(folder, { recursive: true, mode: 0o700 });
  const lastHeardAt = await stat(paths.lock).then(
    ({ mtime }) => mtime,
    () => undefined,
  );
  const lock = await takeLock(paths.lock);
  if (!lock.ok) {
    const sentence = `Another Parley already runs on ${sessionsDir}. Stop it, or set SESSIONS_DIR.`;
    return { ok: false, kind: "locked", sentence } satisfies DiskFault;
  }
  // Our pid was written into it; its time says when Telegram was last heard, and that was not now.
  if (lastHeardAt !== undefined) await utimes(paths.lock, lastHeardAt, lastHeardAt);
  const checkpoint = createCheckpoint(config.PARLEY_KILL_AT, () => process.kill(process.pid, "SIGKILL"));
  const archives = createArchives({ paths, now, checkpoint });
  const finished = await archives.finish();
  const { sessions, watch } = watchSessions(createSessionManager({ paths, now, newId: randomUUID }));
  const loaded = await sessions.load();
  if (!loaded.ok) return newer(loaded.path);
  for (const fault of loaded.faults) logger.warn(fault, "a session cannot be read");
  const pause = (): Promise<void> => wait(DISK_FULL_MS, stopping);
  const opened = await openJournal({
    path: paths.journal,
    badPath: paths.journalBad,
    now,
    pause,
    checkpoint,
  });
  if (!opened.ok) return newer(paths.journal);
  const { journal } = opened;
  if (journal.unreadable > 0)
    logger.warn({ lines: journal.unreadable }, "unreadable lines of the journal were set aside");
  const ledger = createLedger({ path: paths.usage, now });
  const budget = createBudget({ ledger, path: paths.budget, limitUsd: config.DAILY_BUDGET_USD, now });
  await budget.load();
  const personas = createPersonas({ folder: personasDir });
  const latencies = await openLatencies({ path: paths.latencies, wait });
  return {
    ok: true as const,
    paths,
    checkpoint,
    archives,
    finished,
    sessions,
    watchSessions: watch,
    loaded,
    journal,
    personas,
    latencies,
    ledger,
    budget,
    /** When an earlier life last heard Telegram; undefined in the first. */
    lastHeardAt,
  };
}
