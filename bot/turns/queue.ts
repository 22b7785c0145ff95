/**
 * Who runs when: one lane a session, in order; lanes side by side, up to a
 * limit. It promises that two jobs of one lane never overlap. It does not know
 * what a job does.
 */

/** Something that runs in a lane. It must not reject: a rejection is a bug, and is given to `onBug`. */
export interface Job {
  run(): Promise<void>;
  /** Told how many jobs must end before this one starts, whenever that changes. */
  waiting?(ahead: number): void;
}

export interface Lanes {
  /** Puts `job` at the end of `lane`. */
  enqueue(lane: string, job: Job): void;
  /** Runs `work` alone in an idle `lane`, outside the limit; undefined if the lane is busy. */
  exclusive<T>(lane: string, work: () => Promise<T>): Promise<T> | undefined;
  /** Jobs in `lane`, the running one included. */
  size(lane: string): number;
  /** Starts no job any more; those that run go on. */
  close(): void;
}

interface Lane {
  readonly jobs: Job[];
  isRunning: boolean;
}

/** Makes the lanes; at most `limit` jobs run at once. */
export function createLanes(options: { limit: number; onBug: (error: unknown) => void }): Lanes {
  const lanes = new Map<string, Lane>();
  let running = 0;
  let isClosed = false;

  function advance(): void {
    // Map order is the order in which lanes got their first job: nobody is passed over for ever,
    // because a lane that empties loses its place.
    for (const [name, lane] of lanes) {
      const job = lane.jobs[0];
      if (isClosed || running >= options.limit) break;
      if (job === undefined || lane.isRunning) continue;
      start(name, lane, job);
    }
    tellWaiting();
  }

  function start(name: string, lane: Lane, job: Job): void {
    lane.isRunning = true;
    running += 1;
    void job
      .run()
      .catch(options.onBug)
      .finally(() => {
        running -= 1;
        lane.jobs.shift();
        settle(name, lane);
      });
  }

  function settle(name: string, lane: Lane): void {
    lane.isRunning = false;
    // Re-inserted at the end, so that a busy lane takes turns with the others.
    lanes.delete(name);
    if (lane.jobs.length > 0) lanes.set(name, lane);
    advance();
  }

  function tellWaiting(): void {
    for (const lane of lanes.values()) {
      for (const [index, job] of lane.jobs.entries()) {
        if (index === 0 && lane.isRunning) continue;
        job.waiting?.(index === 0 ? running : index);
      }
    }
  }

  return {
    enqueue(name, job) {
      const lane = lanes.get(name) ?? { jobs: [], isRunning: false };
      lanes.set(name, lane);
      lane.jobs.push(job);
      advance();
    },
    exclusive(name, work) {
      if (lanes.has(name)) return undefined;
      const lane: Lane = { jobs: [{ run: async () => {} }], isRunning: true };
      lanes.set(name, lane);
      return work().finally(() => {
        lane.jobs.shift();
        settle(name, lane);
      });
    },
    size: (name) => lanes.get(name)?.jobs.length ?? 0,
    close() {
      isClosed = true;
    },
  };
}
