/**
 * The child process in which archives are hashed, packed and read, seen from the
 * bot: jobs in, replies out. It promises that every wait ends: a job that takes
 * too long, and a child that dies, are `worker_failed`. It does not know the steps.
 */
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { LAUNCHER } from "../../root.ts";
import type { Contents, ReadArchive } from "./contents.ts";
import type { Facts, PackedTree } from "./pack-tree.ts";
import type { PageFormat, PageSource } from "./page.ts";
import type { PageSession } from "../pages/conversation.ts";
import type { ClaudeFile, Fault, Limits, SessionSummary } from "./types.ts";

/** What the child can do: `ask` is what it gets, `reply` what it gives back. All paths absolute. */
export interface Jobs {
  /** Copies the CLI's files in and writes the transcript, in place of what an earlier try left. */
  gather: {
    ask: { root: string; session: SessionSummary; claudeFiles: readonly ClaudeFile[] };
    reply: { turns: number };
  };
  /** Packs the tree with its manifest into a new file, and writes the manifest beside what it names; durable is neither. */
  pack: { ask: { root: string; part: string; maxBytes: number; facts: Facts }; reply: PackedTree };
  /** Reads a tarball to its end against the manifest in it, after its own hash if one is given; makes it durable meanwhile if that is asked for. */
  verify: {
    ask: { tarball: string; sha256?: string; isNew?: boolean };
    reply: ReadArchive;
  };
  /** Reads what a tarball says of itself, and believes it. */
  claims: { ask: { tarball: string }; reply: { contents: Contents } };
  /** Writes a session's conversation as a page, durably, from its live folder or its tarball. */
  page: {
    ask: { from: PageSource; session: PageSession; format: PageFormat; to: string };
    reply: { turns: number; bytes: number };
  };
  /** Reads the beginning of the transcript in a tarball, and believes it: it is only searched. */
  words: { ask: { tarball: string; maxBytes: number }; reply: { text: string } };
  /** Keeps the beginning of a transcript packed, after a line with `sha256`. */
  keepWords: {
    ask: { from: string; to: string; sha256: string; maxBytes: number };
    reply: Record<string, never>;
  };
  /** Tells whether a tree was touched, without reading its files. */
  fingerprint: { ask: { root: string }; reply: { fingerprint: string } };
  /** Deletes a folder with everything in it. */
  remove: { ask: { root: string }; reply: Record<string, never> };
  /** Writes a tarball out into an empty folder, durably. */
  extract: { ask: { tarball: string; into: string }; reply: { contents: Contents } };
  /** Hashes a tree and holds it against its own manifest; `manifestSha256` is undefined where there is none. */
  compare: { ask: { root: string }; reply: { difference?: string; manifestSha256?: string } };
}

export type JobName = keyof Jobs;
export type Ask<K extends JobName> = Jobs[K]["ask"] & { limits: Limits };
export type Reply<K extends JobName> = { ok: true; value: Jobs[K]["reply"] } | { ok: false; failure: Fault };

export interface Worker {
  /** One job at a time. After a failure by time or death every further job fails at once. */
  run<K extends JobName>(name: K, ask: Ask<K>): Promise<Reply<K>>;
  /** Ends the child; returns when it is gone, at the latest after five seconds. */
  end(): Promise<void>;
}

const STDERR_TAIL_CHARS = 2000;
const END_MS = 5000;
/** One for each core, and what else waits for a thread: syncs, reads. */
const THREADS = availableParallelism() + 2;

/** Starts a child. It dies with this process, however this one dies. */
export function startWorker(): Worker {
  const child = fork(LAUNCHER, ["store/archive/worker"], {
    // Not what this process was started with: a test's own flags are nothing to the child. V8's own helpers, four
    // by default, take as much of the cores as reading back does, for a process that lives for some seconds.
    execArgv: ["--v8-pool-size=1"],
    // Nothing of our environment: the token is in it.
    env: { UV_THREADPOOL_SIZE: String(THREADS) },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let stderr = "";
  let death: string | undefined;
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_TAIL_CHARS);
  });
  const gone = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      death ??= error.message;
      resolve();
    });
    child.once("exit", (code, signal) => {
      death ??= signal ?? `exit ${code}`;
      resolve();
    });
  });

  function failed<K extends JobName>(detail: string): Reply<K> {
    // The kernel's way to say "this file may not grow": the child had no time to see an error.
    if (detail === "SIGXFSZ") return { ok: false, failure: { kind: "disk_full" } };
    return { ok: false, failure: { kind: "worker_failed", detail: `${detail} ${stderr}`.trim() } };
  }

  return {
    async run(name, ask) {
      if (death !== undefined) return failed(death);
      const stop = new AbortController();
      const reply = new Promise<Reply<typeof name>>((resolve) => {
        const onMessage = (message: unknown): void => resolve(message as Reply<typeof name>);
        child.once("message", onMessage);
        stop.signal.addEventListener("abort", () => child.off("message", onMessage));
        const timer = setTimeout(() => {
          death ??= `${name} took longer than ${ask.limits.stepMs} ms`;
          child.kill("SIGKILL");
        }, ask.limits.stepMs);
        stop.signal.addEventListener("abort", () => clearTimeout(timer));
        child.send({ name, ask }, (error) => {
          if (error !== null) death ??= error.message;
        });
      });
      try {
        // `gone` after a kill is a matter of milliseconds; the child writes nothing once it has come.
        return await Promise.race([reply, gone.then(() => failed<typeof name>(death ?? "gone"))]);
      } finally {
        stop.abort();
      }
    },
    async end() {
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill("SIGKILL"), END_MS);
      await gone;
      clearTimeout(timer);
    },
  };
}
