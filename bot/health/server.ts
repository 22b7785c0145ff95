/**
 * `GET /healthz` and `GET /metrics` over HTTP, for who watches the bot. Promises
 * that a slow or hostile reader costs little, and that no web page can read it
 * through a browser on the same machine. It does not know what health is.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { codeOf } from "../error-code.ts";
import type { Health } from "./health.ts";

/** Where to listen; port 0 takes any that is free. */
export interface HealthAddress {
  readonly host: string;
  readonly port: number;
}

/** A server that listens, or the system's code for why it cannot. */
export type HealthServer =
  | { readonly ok: true; readonly port: number; close(): Promise<void> }
  | { readonly ok: false; readonly code: string };

const TIMEOUT_MS = 5_000;
const MOST_CONNECTIONS = 32;

/** Starts it. */
export async function startHealthServer(
  health: Pick<Health, "verdict" | "metrics">,
  { host, port }: HealthAddress,
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    answer(health, request, response, host).catch(() => response.destroy());
  });
  server.requestTimeout = TIMEOUT_MS;
  server.headersTimeout = TIMEOUT_MS;
  server.keepAliveTimeout = TIMEOUT_MS;
  server.maxConnections = MOST_CONNECTIONS;
  // Nobody's look at it keeps the bot from ending.
  server.unref();
  const code = await new Promise<string | undefined>((resolve) => {
    server.once("error", (error) => resolve(codeOf(error) ?? error.message));
    server.listen(port, host, () => resolve(undefined));
  });
  if (code !== undefined) return { ok: false, code };
  // What fails later is a connection's own.
  server.on("error", () => {});
  return {
    ok: true,
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  health: Pick<Health, "verdict" | "metrics">,
  request: IncomingMessage,
  response: ServerResponse,
  host: string,
): Promise<void> {
  const path = request.url?.split("?", 1)[0];
  const say = (status: number, type: string, body: string): void => {
    response.writeHead(status, {
      "content-type": type,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    response.end(request.method === "HEAD" ? undefined : body);
  };
  if (!isOurs(request.headers.host, host)) return say(403, "text/plain", "not by this name\n");
  if (path !== "/healthz" && path !== "/metrics") return say(404, "text/plain", "not here\n");
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    return say(405, "text/plain", "only to be read\n");
  }
  if (path === "/metrics")
    return say(200, "text/plain; version=0.0.4; charset=utf-8", await health.metrics());
  const verdict = health.verdict();
  say(verdict.ok ? 200 : 503, "application/json", `${JSON.stringify(verdict)}\n`);
}

const LOOPBACK = /^(?:127(?:\.\d+){3}|localhost|\[?::1\]?)$/i;

/** A page whose name was made to lead to this machine says that name. Where we listen for others, any name may be right. */
function isOurs(given: string | undefined, host: string): boolean {
  if (!LOOPBACK.test(host)) return true;
  return LOOPBACK.test((given ?? "").replace(/:\d+$/, ""));
}
