/**
 * The wait for a process to come. Promises that it ends soon after nobody wants
 * the process any more, and that one which comes later all the same is ended
 * with everything it started. It does not know how a process is started.
 */
import type { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Failure } from "./events.ts";
import type { Identity } from "./identity.ts";
import { createProcessTree, type TreeLimits } from "./process-tree.ts";
import type { Exit } from "./spawn.ts";

/** A process to follow, or why there is none. Without `stdin` nothing can be said to it. */
export type Attached =
  | { ok: true; identity: Promise<Identity | undefined>; stdin?: Writable; exited: Promise<Exit> }
  | { ok: false; failure: Failure };

/** Starts or finds a process; should ask no more and start none once `unwanted` has resolved. */
export type Attach = (unwanted: Promise<void>) => Promise<Attached>;

/** A start that is under way takes less, and is then ended in order. Longer only where the system hangs. */
const UNDER_WAY_MS = 500;

const STOPPED: Attached = { ok: false, failure: { kind: "stopped" } };

/** Gives the process; `stopped` if none came and nobody wants one any more. Throws what `attach` throws. */
export async function attachWhileWanted(
  attach: Attach,
  unwanted: Promise<void>,
  turn: { readonly marker: string; readonly limits: TreeLimits },
): Promise<Attached> {
  const attaching = attach(unwanted);
  const attached = await Promise.race([attaching, unwanted.then(() => delay(UNDER_WAY_MS))]);
  if (attached !== undefined) return attached;
  void endLater(attaching, turn).catch(() => {});
  return STOPPED;
}

async function endLater(
  attaching: Promise<Attached>,
  { marker, limits }: { readonly marker: string; readonly limits: TreeLimits },
): Promise<void> {
  const attached = await attaching;
  if (!attached.ok) return;
  attached.stdin?.end();
  await createProcessTree(await attached.identity, marker, limits).end(() => 0);
}
