/**
 * Loaded into the bot before anything else (NODE_OPTIONS): writes down, each
 * second, how late its event loop was since it was last asked to forget (SIGUSR2), and its memory.
 */
import { writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

const file = process.env["LOAD_LAG_FILE"];
const RESOLUTION_MS = 5;

if (file && isMainThread) {
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  loop.enable();
  const late = (value) => Math.max(0, value / 1e6 - RESOLUTION_MS);
  const write = () => {
    const lag = { p50: late(loop.percentile(50)), p99: late(loop.percentile(99)), max: late(loop.max) };
    writeFileSync(
      file,
      JSON.stringify({
        ...lag,
        ...process.memoryUsage(),
        cpuMs: process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000,
      }),
    );
  };
  process.on("SIGUSR2", () => loop.reset());
  setInterval(write, 1_000).unref();
}
