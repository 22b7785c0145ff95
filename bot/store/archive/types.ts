/**
 * The words of archiving: what goes in, what comes out, what can go wrong.
 * Values only. It does not know how any of it is done.
 */
import { z } from "zod";
import { codeOf } from "../../error-code.ts";

/** What an archive remembers of its session, so that it can be listed without being opened. */
export const sessionSummary = z.object({
  id: z.string(),
  name: z.string(),
  persona: z.string(),
  chatId: z.number(),
  threadId: z.number().exactOptional(),
  createdAt: z.string(),
  lastTurn: z.object({ updateId: z.number(), endedAt: z.string(), outcome: z.string() }).exactOptional(),
  totals: z.object({
    turns: z.number(),
    costUsd: z.number(),
    inputTokens: z.number(),
    outputTokens: z.number(),
    durationMs: z.number(),
  }),
});
export type SessionSummary = z.infer<typeof sessionSummary>;

/** A file of the CLI that goes along: where it lies now, and its name below `claude/` in the archive. */
export interface ClaudeFile {
  readonly from: string;
  readonly as: string;
}

/** Something in the session's folder that is no file and no folder: named in the manifest, not packed. */
export interface Skipped {
  readonly path: string;
  readonly kind: "symlink" | "fifo" | "socket" | "device" | "other";
  /** Where a symlink pointed to. */
  readonly target?: string | undefined;
}

/** What can go wrong with a tree or a tarball. Paths are relative to the session's folder. */
export type Fault =
  | { kind: "disk_full" }
  | { kind: "too_big"; what: "entries" | "bytes" | "file" | "depth" | "manifest"; path?: string }
  /** Something wrote to the session while it was packed, again and again. */
  | { kind: "changed"; path: string }
  | { kind: "unreadable"; path: string }
  /** The tarball is not what was packed; `detail` is for the log. */
  | { kind: "damaged"; detail: string }
  /** The tarball is of a format that this version does not know. */
  | { kind: "newer"; version: number }
  /** The child process hung, crashed or met an error without a name of its own. */
  | { kind: "worker_failed"; detail: string };

/** Why a session was not archived. It is live again, with everything in it. */
export type PackFailure =
  | Exclude<Fault, { kind: "newer" | "damaged" }>
  /** There is an archive of another session under this name, or one that cannot be read. */
  | { kind: "exists" }
  | { kind: "absent" }
  /** The session's folder already holds a name that archiving needs for itself. */
  | { kind: "reserved"; name: string };

/** Why a session was not restored. Its archive is untouched, and nothing of it is left outside. */
export type RestoreFailure =
  | Exclude<Fault, { kind: "changed" | "unreadable" }>
  | { kind: "absent" }
  /** The session is live already. */
  | { kind: "exists" }
  /** Its conversation goes on in another session: two would write to it. */
  | { kind: "goes_on" }
  /** The caller could not put the CLI's files back. */
  | { kind: "place_failed"; detail: string };

/** An archive as its side file tells it. Times are ISO 8601 UTC. */
export interface ArchiveInfo {
  readonly folder: string;
  readonly session: SessionSummary;
  readonly archivedAt: string;
  readonly turns: number;
  /** Files and folders in it. */
  readonly entries: number;
  readonly originalBytes: number;
  readonly archiveBytes: number;
  readonly sha256: string;
  readonly manifestSha256: string;
  /** How many links, pipes and the like were left out. */
  readonly skippedCount: number;
}

/** One line of a list. `isLive`: it was restored, and the tarball is an older copy of a live session. */
export type ListEntry =
  | { kind: "archive"; isLive: boolean; archive: ArchiveInfo }
  | {
      kind: "needs_look";
      folder: string;
      why: "no_side_file" | "broken_side_file" | "newer" | "no_tarball" | "other_size";
    };

export type PackResult =
  | { ok: true; archive: ArchiveInfo; skipped: readonly Skipped[] }
  | { ok: false; failure: PackFailure };

export type RestoreResult =
  | { ok: true; session: SessionSummary; skipped: readonly Skipped[] }
  | { ok: false; failure: RestoreFailure };

/** What a start found half done, and what became of it. All empty: nothing was. */
export interface FinishReport {
  /** Now archived, and their folders gone. */
  readonly archived: readonly ArchiveInfo[];
  /** Live again. Without a failure: it had not really begun. */
  readonly putBack: readonly { folder: string; failure?: PackFailure }[];
  /** Restores that were cut off; their archives are whole. */
  readonly dropped: readonly string[];
  /** Both frozen and live: kept as they are, a person must look. */
  readonly stuck: readonly string[];
}

/** What one archive may be. Sizes are bytes before compression. */
export interface Limits {
  readonly entries: number;
  readonly bytes: number;
  readonly fileBytes: number;
  /** Folders inside folders. */
  readonly depth: number;
  readonly manifestBytes: number;
  /** What must stay free on the disk: everything else writes there too. */
  readonly freeBytes: number;
  /** The longest that one step of the child process may take. */
  readonly stepMs: number;
}

const MiB = 1024 * 1024;

export const DEFAULT_LIMITS: Limits = {
  entries: 250_000,
  bytes: 16 * 1024 * MiB,
  fileBytes: 8 * 1024 * MiB,
  depth: 100,
  manifestBytes: 128 * MiB,
  freeBytes: 64 * MiB,
  stepMs: 10 * 60_000,
};

/** The named points between steps; a test kills the process at each. */
export type Checkpoint =
  | `archive:${"frozen" | "gathered" | "packed" | "verified" | "published" | "listed" | "doomed" | "deleted"}`
  | "erase:tarball"
  | `restore:${"inspected" | "extracted" | "compared" | "placed" | "cleared" | "published"}`;

/** A fault on its way up inside the child process; becomes a value at its door. Everything else thrown is a bug. */
export class Refusal extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault.kind);
    this.name = "Refusal";
    this.fault = fault;
  }
}

/** The fault behind a system error met at `path`. */
export function faultOf(error: unknown, path: string): Fault {
  if (error instanceof Refusal) return error.fault;
  const code = codeOf(error) ?? "";
  if (["ENOSPC", "EDQUOT", "EFBIG"].includes(code)) return { kind: "disk_full" };
  if (["EACCES", "EPERM", "ELOOP", "EIO", "ENAMETOOLONG"].includes(code)) return { kind: "unreadable", path };
  if (["ENOENT", "ENOTDIR", "EISDIR", "ESTALE"].includes(code)) return { kind: "changed", path };
  return {
    kind: "worker_failed",
    detail: error instanceof Error ? `${error.name}: ${error.message}` : "thrown",
  };
}
