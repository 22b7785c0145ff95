/**
 * A turn's process, from its start to the end of everything it started. The
 * contract of a run: events in order, exactly one `completed`, always last; the
 * iterator never throws for anything that Claude or the system does; the first
 * cause of an ending is the one that is told. It knows no session, chat or disk
 * layout: files, ids and limits are given to it.
 */
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { nowMs } from "../clock.ts";
import { buildArguments, buildEnvironment, type TurnArguments } from "./args.ts";
import type { Attached } from "./attach.ts";
import type { Failure } from "./events.ts";
import { identify, isAlive, type Identity } from "./identity.ts";
import { RUN_LIMITS, type RunLimits } from "./limits.ts";
import type { CliFeatures, ProbeResult } from "./probe.ts";
import { createProcessTree } from "./process-tree.ts";
import type { AdoptRequest, ClaudeRun, RunRequest } from "./claude-run.ts";
import { createRun } from "./run.ts";
import { spawnClaude, type Exit, type SpawnResult } from "./spawn.ts";
import { claudeConfigDir } from "./transcript.ts";
import { createWaitingProcess, type Waiting, type WaitRequest } from "./waiting.ts";

export type { ClaudeRun, RunRequest } from "./claude-run.ts";

/** What runs are made with. */
export interface ClaudeOptions {
  /** Asked before every start: an update may have replaced the CLI. Should be cheap when nothing changed. */
  probe(): Promise<ProbeResult>;
  /** What the child's environment is picked from (`buildEnvironment`). */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly extraEnvNames?: readonly string[];
  readonly ceilingDirectories?: readonly string[];
  /** What the child's umask is, where ours is another: what it makes is the person's, not the bot's. */
  readonly childUmask?: number;
  readonly limits?: Partial<RunLimits>;
}

/** Starts and adopts runs. */
export interface Claude {
  start(request: RunRequest): ClaudeRun;
  adopt(request: AdoptRequest): ClaudeRun;
  /** Starts a process that waits for its message; `start` is quicker where the message is there. */
  wait(request: WaitRequest): Promise<WaitResult>;
  /** Removes the files of a run in which nothing happened, so that another can use their names. */
  clearOutput(outFile: string, errFile: string): Promise<void>;
  /**
   * Ends what an earlier life of ours left of a turn that nobody follows any more: all that carry its
   * marker, and all that descend from `identity`. Gives how many were ended. Bounded; quick where
   * there is nothing. For a turn that is followed, its run does this.
   */
  sweep(marker: string, identity?: Identity): Promise<number>;
}

/** A process that waits, or why there is none. */
export type WaitResult =
  | { readonly ok: true; readonly waiting: Waiting }
  | { readonly ok: false; readonly failure: Failure };

const ADOPTED_POLL_MS = 200;

/** Makes the one Claude of a program. */
export function createClaude(options: ClaudeOptions): Claude {
  const shared = {
    limits: { ...RUN_LIMITS, ...options.limits },
    now: nowMs,
    newId: randomUUID,
    configDir: claudeConfigDir(options.env),
  };

  const spawn = (request: Omit<RunRequest, "message">, features: CliFeatures): Promise<SpawnResult> =>
    spawnClaude({
      path: features.path,
      args: buildArguments(request.arguments, features),
      env: buildEnvironment(options.env, {
        marker: request.marker,
        ceilingDirectories: options.ceilingDirectories ?? [],
        extraNames: options.extraEnvNames ?? [],
      }),
      cwd: request.cwd,
      outFile: request.outFile,
      errFile: request.errFile,
      ...(options.childUmask === undefined ? {} : { umask: options.childUmask }),
    });

  const launch = async (request: RunRequest, unwanted: Promise<void>): Promise<Attached> => {
    const probed = await Promise.race([options.probe(), unwanted]);
    if (probed === undefined) return { ok: false, failure: { kind: "stopped" } };
    if (!probed.ok) return probed;
    const spawned = await spawn(request, probed.features);
    if (!spawned.ok) return spawned;
    return { ok: true, identity: identify(spawned.pid), stdin: spawned.stdin, exited: spawned.exited };
  };

  const wait = async (request: WaitRequest): Promise<WaitResult> => {
    const probed = await options.probe();
    if (!probed.ok) return probed;
    const spawned = await spawn(request, probed.features);
    if (!spawned.ok) return spawned;
    const { pid, stdin, exited } = spawned;
    const identity = await identify(pid);
    const attached = { ok: true, identity: Promise.resolve(identity), stdin, exited } as const;
    const { claudeSessionId, systemPromptFile } = request.arguments;
    const essence = (turn: TurnArguments, cwd: string, features: CliFeatures): string => {
      const own = systemPromptFile === undefined ? {} : { systemPromptFile };
      return JSON.stringify([cwd, features, buildArguments({ ...turn, ...own }, features)]);
    };
    const started = essence(request.arguments, request.cwd, probed.features);
    const waiting = createWaitingProcess({
      ...request,
      ...shared,
      attached,
      pid,
      identity,
      async isFor(turn, cwd) {
        const now = await options.probe();
        return now.ok && essence(turn, cwd, now.features) === started;
      },
      begin: (turn) =>
        createRun({
          ...shared,
          marker: request.marker,
          cwd: request.cwd,
          claudeSessionId,
          ...turn,
          attach: async () => attached,
        }),
    });
    return { ok: true, waiting };
  };

  return {
    wait,
    start: (request) =>
      createRun({
        ...shared,
        ...request,
        claudeSessionId: request.arguments.claudeSessionId,
        attach: (unwanted) => launch(request, unwanted),
      }),
    adopt: (request) =>
      createRun({
        ...shared,
        ...request,
        attach: async () => ({
          ok: true,
          identity: Promise.resolve(request.identity),
          exited: waitUntilGone(request.identity),
        }),
      }),
    async clearOutput(outFile, errFile) {
      await rm(outFile, { force: true });
      await rm(errFile, { force: true });
    },
    async sweep(marker, identity) {
      // What is known of a process that has gone, maybe before the machine was started anew, finds nothing.
      const root = identity !== undefined && (await isAlive(identity)) ? identity : undefined;
      // It says nothing any more that we would hear: as if it had spoken just now.
      const others = await createProcessTree(root, marker, shared.limits).end(() => 0);
      return others + (root === undefined ? 0 : 1);
    },
  };
}

/** A process that is not our child tells nobody how it ended. */
async function waitUntilGone(identity: Identity | undefined): Promise<Exit> {
  if (identity === undefined) return {};
  while (await isAlive(identity)) await delay(ADOPTED_POLL_MS);
  return {};
}
