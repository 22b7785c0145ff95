/**
 * Who runs when: one lane a session, in order; lanes side by side, up to a
 * limit. It promises that two jobs of one lane never overlap. It does not know
 * what a job does.
 */

/** Something that runs in a lane. It must not reject: a rejection is a bug, and is given to `onBug`. */
export interface Job {
  /** `release` gives its place under the limit to another before it ends; its lane it keeps. */
  run(release: () => void): Promise<void>;
  /** Whether it runs outside the limit: work of our own, that starts no process of Claude's. */
  readonly isFree?: boolean;
  /** Whether an earlier life began it: then neither `mayStart` is asked. */
  readonly hasBegun?: boolean;
  /** Whether this one may start now; where it may not, `wake` says when to look again. */
  readonly mayStart?: boolean;
}

export interface Queue {
  /** Puts `job` at the end of `lane`. */
  enqueue(lane: string, job: Job): void;
  /** Looks again whether a job may start. */
  wake(): void;
  /** Starts no job any more; those that run go on. */
  close(): void;
  /** Whether a job of `lane` runs. */
  isRunning(lane: string): boolean;
  /** Jobs in `lane`, the running one included. */
  size(lane: string): number;
}

interface Lane {
  readonly jobs: Job[];
  isRunning: boolean;
}

/** Makes the lanes; at most `limit` jobs run at once. */
export function createQueue(options: {
  limit: number;
  /** Whether anything new may start that is not free; where it may not, `wake` says when to look again. */
  mayStart?: () => boolean;
  onBug: (error: unknown) => void;
}): Queue {
  const lanes = new Map<string, Lane>();
  let running = 0;
  let isClosed = false;

  function advance(): void {
    for (const [name, lane] of lanes) {
      const job = lane.jobs[0];
      if (isClosed || job === undefined || lane.isRunning) continue;
      const hasPlace =
        running < options.limit &&
        (job.hasBegun || ((options.mayStart?.() ?? true) && (job.mayStart ?? true)));
      if (job.isFree || hasPlace) start(name, lane, job);
    }
  }

  function start(name: string, lane: Lane, job: Job): void {
    lane.isRunning = true;
    let hasPlace = !job.isFree;
    if (hasPlace) running += 1;
    const release = (): void => {
      if (hasPlace) running -= 1;
      hasPlace = false;
      advance();
    };
    void job
      .run(release)
      .catch(options.onBug)
      .finally(() => {
        if (hasPlace) running -= 1;
        lane.isRunning = false;
        lane.jobs.shift();
        // Back in at the end, so that a busy lane takes turns with the others.
        lanes.delete(name);
        if (lane.jobs.length > 0) lanes.set(name, lane);
        advance();
      });
  }

  return {
    enqueue(name, job) {
      const lane = lanes.get(name) ?? { jobs: [], isRunning: false };
      lanes.set(name, lane);
      lane.jobs.push(job);
      advance();
    },
    wake: advance,
    close() {
      isClosed = true;
    },
    isRunning: (name) => lanes.get(name)?.isRunning === true,
    size: (name) => lanes.get(name)?.jobs.length ?? 0,
  };
}
