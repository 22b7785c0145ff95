/**
 * How the bot is, as facts for programs: a verdict with a few numbers, and all
 * numbers as metrics. It only reads and counts; nothing waits for it. It does not
 * know HTTP.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { TurnTook } from "../turns/latencies.ts";
import { createCounter, createHistogram, type Metric, renderMetric, type Sample } from "./metrics.ts";

/** What is asked each time somebody looks. Times are in ms, sizes in bytes. */
export interface HealthSources {
  readonly version: string;
  readonly uptimeMs: () => number;
  /** Since Telegram last gave a good answer; undefined before the first. */
  readonly lastPollAgoMs: () => number | undefined;
  readonly runningTurns: () => number;
  readonly standbys: () => number;
  readonly journalBytes: () => Promise<number | undefined>;
  /** Free, where each kind of folder lies; undefined where that cannot be asked. */
  readonly freeBytes: () => Promise<Readonly<Record<string, number | undefined>>>;
}

/** The verdict; what else it says is for whoever reads it. */
export interface Verdict {
  readonly ok: boolean;
  readonly lastPollAgoSeconds: number | null;
  readonly runningTurns: number;
  readonly standbys: number;
  readonly uptimeSeconds: number;
  readonly version: string;
}

export interface Health {
  verdict(): Verdict;
  /** All metrics as text. */
  metrics(): Promise<string>;
  /** Counts a turn that is over. */
  turn(took: TurnTook): void;
  /** Counts a call that says something in a chat: its method, and "ok" or how it was refused. */
  call(method: string, result: string): void;
}

/** The process may live and hear nothing: a poll takes half a minute, and two that fail are a fault. */
const DEAF_MS = 120_000;
const LAG_RESOLUTION_MS = 20;

/** Begins to count. */
export function createHealth(sources: HealthSources): Health {
  const turns = createCounter();
  const calls = createCounter();
  const firstShown = createHistogram();
  const done = createHistogram();
  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  lag.enable();

  async function all(): Promise<Metric[]> {
    const free = Object.entries(await sources.freeBytes());
    const memory = process.memoryUsage();
    const cpu = process.cpuUsage();
    // What an empty loop's timers are late by is none of its work.
    const lagSeconds = Math.max(0, lag.percentile(99) / 1e9 - LAG_RESOLUTION_MS / 1_000);
    return [
      gauge("parley_info", "Which Parley this is.", [{ labels: { version: sources.version }, value: 1 }]),
      gauge("parley_up_seconds", "Since the bot was started.", one(sources.uptimeMs() / 1_000)),
      gauge(
        "parley_last_poll_age_seconds",
        "Since Telegram last gave a good answer to getUpdates.",
        one(seconds(sources.lastPollAgoMs())),
      ),
      gauge("parley_turns_running", "Turns that run now.", one(sources.runningTurns())),
      gauge("parley_standbys", "Processes that wait for a message.", one(sources.standbys())),
      counter("parley_turns_total", "Turns that are over, by how they ended.", turns.samples()),
      counter(
        "parley_telegram_calls_total",
        "Calls that say something in a chat, by what became of them; flood is Telegram's 429.",
        calls.samples(),
      ),
      gauge("parley_journal_bytes", "Size of the journal.", one(await sources.journalBytes())),
      gauge(
        "parley_disk_free_bytes",
        "What may still be written, by the folder it is for.",
        free.flatMap(([folder, value]) => (value === undefined ? [] : [{ labels: { folder }, value }])),
      ),
      gauge("process_resident_memory_bytes", "Resident memory of the bot.", one(memory.rss)),
      gauge("nodejs_heap_used_bytes", "Memory that its objects take.", one(memory.heapUsed)),
      counter("process_cpu_seconds_total", "CPU time of the bot.", one((cpu.user + cpu.system) / 1e6)),
      gauge(
        "nodejs_eventloop_lag_p99_seconds",
        "How late its timers were, 99th percentile.",
        one(lagSeconds),
      ),
    ];
  }

  return {
    verdict() {
      const lastPollAgoMs = sources.lastPollAgoMs();
      return {
        ok: lastPollAgoMs !== undefined && lastPollAgoMs <= DEAF_MS,
        lastPollAgoSeconds: lastPollAgoMs === undefined ? null : Math.round(lastPollAgoMs / 1_000),
        runningTurns: sources.runningTurns(),
        standbys: sources.standbys(),
        uptimeSeconds: Math.round(sources.uptimeMs() / 1_000),
        version: sources.version,
      };
    },
    async metrics() {
      const lines = [
        ...(await all()).flatMap(renderMetric),
        ...firstShown.render("parley_first_shown_seconds", "From a message to its first words in the chat."),
        ...done.render("parley_done_seconds", "From a message to its whole answer in the chat."),
      ];
      return `${lines.join("\n")}\n`;
    },
    turn({ start, outcome, moments }) {
      turns.add({ outcome });
      if (outcome !== "answered") return;
      const { first_shown: shownMs, delivered: deliveredMs } = moments;
      if (shownMs !== undefined) firstShown.observe({ start }, shownMs / 1_000);
      if (deliveredMs !== undefined) done.observe({ start }, deliveredMs / 1_000);
    },
    call: (method, result) => calls.add({ method, result }),
  };
}

const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name,
  help,
  type: "gauge",
  samples,
});

const counter = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  ...gauge(name, help, samples),
  type: "counter",
});

const one = (value: number | undefined): Sample[] => (value === undefined ? [] : [{ value }]);

const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1_000);
