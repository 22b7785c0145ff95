/**
 * Archived sessions: packed, listed, restored. It promises that at every moment
 * each session is live or in a verified archive, whatever dies in between; and
 * that what cannot be archived is put back whole.
 * The work on bytes is done in a child process. It does not know when to archive,
 * nor where the CLI keeps its files: the caller names them.
 */
import type { ArchiveContext } from "./context.ts";
import { eraseArchive } from "./erase.ts";
import { finishAll } from "./finish.ts";
import { createMender } from "./mend.ts";
import { makePage, type PageResult, type PageWish } from "./make-page.ts";
import { readWords } from "./words.ts";
import { type Packable, packSession } from "./pack.ts";
import {
  type Claims,
  type PlaceFiles,
  askForClaims,
  restoreFrom,
  restoreSession,
  type Source,
} from "./restore.ts";
import { listArchives } from "./sidecar.ts";
import { startWorker, type Worker } from "./process.ts";
import {
  type ArchiveInfo,
  type Checkpoint,
  type ClaudeFile,
  DEFAULT_LIMITS,
  type FinishReport,
  type Limits,
  type ListEntry,
  type PackResult,
  type RestoreResult,
} from "./types.ts";
import type { Paths } from "../paths.ts";

/** What an archive that was sent in may unpack to: Telegram gives a bot 20 MB. */
const MAX_SENT_IN_BYTES = 4 * 1024 ** 3;

export interface ArchiveDeps {
  readonly paths: Paths;
  readonly now: () => Date;
  /** Called between steps and awaited. Nothing in life; tests kill the process there. */
  readonly checkpoint?: (name: Checkpoint) => void | Promise<void>;
  readonly limits?: Partial<Limits>;
  /** Starts the child process; by default a fork of `worker.ts`. */
  readonly startWorker?: () => Worker;
}

export type Archives = ReturnType<typeof createArchives>;

/** The archives below `paths`. One at a time a folder: the caller holds the session's lane, and nothing of it runs. */
export function createArchives(deps: ArchiveDeps) {
  const context: ArchiveContext = {
    paths: deps.paths,
    now: deps.now,
    checkpoint: async (name) => deps.checkpoint?.(name),
    limits: { ...DEFAULT_LIMITS, ...deps.limits },
    startWorker: deps.startWorker ?? (() => startWorker()),
  };
  const { paths } = deps;

  return {
    /**
     * Moves a live session into a verified tarball, together with the CLI's own
     * files, which it copies and leaves where they are. A failure leaves the
     * session live and whole. An older tarball of the same session is replaced
     * once the new one is verified.
     */
    pack: (session: Packable, claudeFiles: readonly ClaudeFile[]): Promise<PackResult> =>
      packSession(context, session, claudeFiles),

    /** Every archive, newest first, from the side files alone; those that need a look come last. */
    list: (): Promise<ListEntry[]> => listArchives(paths),

    /** Reads tarballs that have no side file to their end, and makes one for each that is whole; gives how many. */
    mend: createMender(context),

    /**
     * Brings a session back under its old name. `place` is given the restored
     * folder before the session becomes visible, and must copy what it needs of
     * `claude/` in it: that is gone afterwards. The tarball stays until the
     * session's next archive.
     */
    restore: (folder: string, place: PlaceFiles): Promise<RestoreResult> =>
      restoreSession(context, folder, place),

    /** What a tarball that came from elsewhere says of itself; nothing of it is checked, nor unpacked. */
    claims: (tarball: string): Promise<Claims> => askForClaims(context, tarball),

    /** The same as `restore`, from a tarball that was sent in and stays where it lies. */
    restoreFrom: (source: Source, place: PlaceFiles): Promise<RestoreResult> => {
      const bytes = Math.min(context.limits.bytes, MAX_SENT_IN_BYTES);
      return restoreFrom({ ...context, limits: { ...context.limits, bytes } }, source, place);
    },

    /** Writes a session's conversation as a page to `to`, from its live folder or from its archive. */
    page: (wish: PageWish): Promise<PageResult> => makePage(context, wish),

    /** The words of an archived session, for a search; undefined where its tarball does not give them. */
    words: (archive: ArchiveInfo): Promise<string | undefined> => readWords(context, archive),

    /** Deletes the archive of a session for ever; again where it was cut off. Its live folder, if any, is not touched. */
    erase: (folder: string): Promise<void> => eraseArchive(context, folder),

    /**
     * Finishes or undoes whatever was cut off. To be called at every start, before
     * anything reads the sessions; it can itself be cut off anywhere.
     */
    finish: (): Promise<FinishReport> => finishAll(context),
  };
}
