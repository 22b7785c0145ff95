import { request } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { createHealth, type HealthSources } from "../../bot/health/health.ts";
import { createCounter, renderMetric } from "../../bot/health/metrics.ts";
import { startHealthServer } from "../../bot/health/server.ts";
import { readExposition } from "./exposition.ts";

const sources = (given: Partial<HealthSources> = {}): HealthSources => ({
  version: "0.1.0",
  uptimeMs: () => 61_000,
  lastPollAgoMs: () => 3_400,
  runningTurns: () => 2,
  standbys: () => 1,
  journalBytes: async () => 1_234,
  freeBytes: async () => ({ sessions: 5_000, archives: undefined }),
  ...given,
});

describe("how the bot is", () => {
  it.each([
    [undefined, false],
    [0, true],
    [120_000, true],
    [120_001, false],
  ])("with Telegram's last good answer %s ms ago is fine: %s", (agoMs, ok) => {
    const verdict = createHealth(sources({ lastPollAgoMs: () => agoMs })).verdict();
    expect(verdict).toEqual({
      ok,
      lastPollAgoSeconds: agoMs === undefined ? null : Math.round(agoMs / 1_000),
      runningTurns: 2,
      standbys: 1,
      uptimeSeconds: 61,
      version: "0.1.0",
    });
  });

  it("is told as metrics that Prometheus reads: turns and calls by what became of them, times as histograms", async () => {
    const health = createHealth(sources());
    const moments = { taken: 0, first_shown: 180, delivered: 4_000 };
    for (const start of ["warm", "warm", "cold"] as const)
      health.turn({ start, outcome: "answered", moments });
    health.turn({ start: "cold", outcome: "failed", moments: { taken: 0, delivered: 9_000 } });
    health.call("sendMessage", "ok");
    health.call("editMessageText", "flood");
    health.call("editMessageText", "flood");
    const samples = readExposition(await health.metrics());
    const value = (name: string, labels: Record<string, string> = {}) =>
      samples.find((each) => each.name === name && JSON.stringify(each.labels) === JSON.stringify(labels))
        ?.value;

    expect(value("parley_turns_total", { outcome: "answered" })).toBe(3);
    expect(value("parley_turns_total", { outcome: "failed" })).toBe(1);
    expect(value("parley_telegram_calls_total", { method: "editMessageText", result: "flood" })).toBe(2);
    expect(value("parley_first_shown_seconds_bucket", { start: "warm", le: "0.1" })).toBe(0);
    expect(value("parley_first_shown_seconds_bucket", { start: "warm", le: "0.2" })).toBe(2);
    expect(value("parley_done_seconds_sum", { start: "cold" })).toBe(4);
    expect(value("parley_turns_running")).toBe(2);
    expect(value("parley_standbys")).toBe(1);
    expect(value("parley_last_poll_age_seconds")).toBe(3.4);
    expect(value("parley_journal_bytes")).toBe(1_234);
    expect(value("parley_disk_free_bytes", { folder: "sessions" })).toBe(5_000);
    expect(value("parley_disk_free_bytes", { folder: "archives" })).toBeUndefined();
    expect(value("process_resident_memory_bytes")).toBeGreaterThan(1_000_000);
    expect(value("nodejs_eventloop_lag_p99_seconds")).toBeGreaterThanOrEqual(0);
  });

  it("is told before anything has happened, without what is not known yet", async () => {
    const unknown = { lastPollAgoMs: () => undefined, journalBytes: async () => undefined };
    const text = await createHealth(sources(unknown)).metrics();
    expect(readExposition(text).map(({ name }) => name)).not.toContain("parley_last_poll_age_seconds");
    expect(text).not.toMatch(/NaN|undefined/);
  });

  it("is told with labels that end where they end, whatever is in them", () => {
    const counter = createCounter();
    counter.add({ outcome: 'a"b\\c\nd' });
    const lines = renderMetric({ name: "x_total", help: "X.", type: "counter", samples: counter.samples() });
    expect(readExposition(`${lines.join("\n")}\n`)[0]?.labels).toEqual({ outcome: String.raw`a\"b\\c\nd` });
  });
});

describe("the port", () => {
  async function listen(given: Partial<HealthSources> = {}, host = "127.0.0.1") {
    const server = await startHealthServer(createHealth(sources(given)), { host, port: 0 });
    if (!server.ok) throw new Error(server.code);
    onTestFinished(() => server.close());
    const ask = (path: string, { method = "GET", as }: { method?: string; as?: string } = {}) =>
      new Promise<{ status: number | undefined; type: string | undefined; body: string }>(
        (resolve, reject) => {
          const headers = as === undefined ? {} : { host: as };
          const asked = request({ host: "127.0.0.1", port: server.port, path, method, headers }, (answer) => {
            let body = "";
            answer.on("data", (chunk: Buffer) => (body += chunk.toString()));
            answer.on("end", () =>
              resolve({ status: answer.statusCode, type: answer.headers["content-type"], body }),
            );
          });
          asked.on("error", reject);
          asked.end();
        },
      );
    return { port: server.port, ask };
  }

  it("answers /healthz and /metrics, and nothing else", async () => {
    const { ask } = await listen();
    const health = await ask("/healthz");
    expect([health.status, health.type]).toEqual([200, "application/json"]);
    expect(JSON.parse(health.body)).toMatchObject({ ok: true, lastPollAgoSeconds: 3 });
    const metrics = await ask("/metrics?x=1");
    expect([metrics.status, metrics.type]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
    expect(readExposition(metrics.body).length).toBeGreaterThan(8);
    expect(await ask("/healthz", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
    expect((await ask("/metrics", { method: "POST" })).status).toBe(405);
    for (const path of ["/", "/healthz/", "/..%2fetc", "//healthz"])
      expect((await ask(path)).status).toBe(404);
  });

  it("is red when Telegram has not answered for two minutes, although the process lives", async () => {
    const { ask } = await listen({ lastPollAgoMs: () => 121_000 });
    const { status, body } = await ask("/healthz");
    expect([status, JSON.parse(body)]).toMatchObject([503, { ok: false, lastPollAgoSeconds: 121 }]);
  });

  it("answers on a loopback address only by the names of this machine: a web page has another", async () => {
    const { ask, port } = await listen();
    for (const as of [`localhost:${port}`, "127.0.0.1", "[::1]:80"])
      expect((await ask("/healthz", { as })).status).toBe(200);
    for (const as of ["evil.example", `127.0.0.1.evil.example:${port}`, "localhost.evil.example"])
      expect((await ask("/metrics", { as })).status).toBe(403);
  });

  it("answers by any name where it listens for others", async () => {
    const { ask } = await listen({}, "0.0.0.0");
    expect((await ask("/healthz", { as: "parley:9464" })).status).toBe(200);
  });

  it("that another program has is an answer, not a crash", async () => {
    const { port } = await listen();
    const again = await startHealthServer(createHealth(sources()), { host: "127.0.0.1", port });
    expect(again).toEqual({ ok: false, code: "EADDRINUSE" });
  });
});
