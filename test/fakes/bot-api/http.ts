/**
 * The HTTP face of the double, on 127.0.0.1: token, bodies, the shape of
 * answers, downloads, and the scripted faults. It knows nothing of chats.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Body, parseBody } from "./body.ts";
import type { FaultPlan, Faults } from "./faults.ts";
import { maxUploadBytes } from "./files.ts";
import type { BotApiModel, Call } from "./model.ts";
import { otherPoll, Refusal, tooMany } from "./refusal.ts";

/** What the front stands on. */
export interface HttpDeps {
  readonly model: BotApiModel;
  readonly faults: Faults;
  readonly token: string;
  /** While true every connection is cut, as if there were no network. */
  readonly isOffline: () => boolean;
}

/** A front that listens. */
export interface HttpFront {
  readonly url: string;
  /** Cuts every open connection. */
  cut(): void;
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. */
export async function listen(deps: HttpDeps, port = 0): Promise<HttpFront> {
  const server = createServer((request, response) => {
    handle(deps, request, response).catch((error: unknown) => {
      if (!response.headersSent)
        answer(response, new Refusal(500, `Internal Server Error: ${String(error)}`));
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}`,
    cut: () => server.closeAllConnections(),
    close: () => closed(server),
  };
}

async function handle(deps: HttpDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (deps.isOffline()) return void request.socket.destroy();
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const [, kind, token, rest] = /^\/(file\/)?bot([^/]*)\/(.*)$/.exec(decodeURIComponent(url.pathname)) ?? [];
  if (token === undefined || rest === undefined) return answer(response, new Refusal(404, "Not Found"));
  if (token !== deps.token) return answer(response, new Refusal(401, "Unauthorized"));
  const bytes = await readAll(request);
  if (deps.isOffline()) return void request.socket.destroy();
  if (kind !== undefined) return download(deps, rest, response);
  try {
    const type = request.headers["content-type"] ?? "";
    await callMethod(deps, rest, parseBody(type, bytes, url.searchParams), response);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    answer(response, error);
  }
}

async function callMethod(
  deps: HttpDeps,
  asked: string,
  body: Body,
  response: ServerResponse,
): Promise<void> {
  const { model, faults } = deps;
  const call = model.record(asked, body.fields);
  const fault = faults.take(call.method, call.payload);
  if (fault !== undefined && isBefore(fault)) {
    call.outcome = "fault";
    call.error = fault.kind;
    if (fault.kind === "429") model.hold(call.payload["chat_id"], fault.retryAfterS ?? 1);
    return failBefore(fault, response);
  }
  const abort = new AbortController();
  response.on("close", () => abort.abort());
  const isJunk = fault?.kind === "nullInArray" || fault?.kind === "malformedUpdate";
  const carried = isJunk ? { ...call, payload: { ...call.payload, timeout: 0 } } : call;
  if (fault?.kind === "malformedUpdate") pushMalformed(model);
  const result = await model.carryOut(carried, body.uploads, abort.signal);
  Object.assign(call, { outcome: carried.outcome, result: carried.result });
  if (fault === undefined) return write(response, 200, { ok: true, result });
  call.fault = fault.kind;
  failAfter(fault, call, result, response);
}

function isBefore({ kind }: FaultPlan): boolean {
  return ["429", "500", "401", "409", "refuse", "html502", "silent", "dropBefore"].includes(kind);
}

function failBefore(fault: FaultPlan, response: ServerResponse): void {
  switch (fault.kind) {
    case "429":
      return answer(response, tooMany(fault.retryAfterS ?? 1));
    case "500":
      return answer(response, new Refusal(500, "Internal Server Error"));
    case "401":
      return answer(response, new Refusal(401, "Unauthorized"));
    case "409":
      return answer(response, otherPoll());
    case "refuse":
      return answer(response, new Refusal(fault.code ?? 400, fault.description ?? "Bad Request"));
    case "html502":
      response.writeHead(502, { "content-type": "text/html" });
      response.end("<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>");
      return;
    case "dropBefore":
      response.socket?.destroy();
      return;
    default:
      // silent: the connection stays open until the bot gives up or the double closes.
      return;
  }
}

function failAfter(fault: FaultPlan, call: Call, result: unknown, response: ServerResponse): void {
  switch (fault.kind) {
    case "dropAfter":
      response.socket?.destroy();
      return;
    case "silentAfter":
      return;
    case "cutJson": {
      const whole = JSON.stringify({ ok: true, result });
      response.writeHead(200, { "content-type": "application/json" });
      response.end(whole.slice(0, Math.floor(whole.length / 2)));
      return;
    }
    case "nullInArray":
      return write(response, 200, { ok: true, result: Array.isArray(result) ? [null, ...result] : [null] });
    default:
      return write(response, 200, { ok: true, result: call.result });
  }
}

/** An update with a good number and nothing else that fits. */
function pushMalformed(model: BotApiModel): void {
  const junk: unknown = { message: { message_id: "one", date: null, chat: 7, text: { of: "nothing" } } };
  model.updates.push(junk as Parameters<typeof model.updates.push>[0]);
}

function download({ model, faults }: HttpDeps, path: string, response: ServerResponse): void {
  const fault = faults.take("downloadFile", { path });
  if (fault !== undefined && isBefore(fault)) return failBefore(fault, response);
  const file = model.files.at(path);
  if (file === undefined) return answer(response, new Refusal(404, "Not Found"));
  if (fault !== undefined) {
    // Half of it, then the connection is cut.
    response.writeHead(200, { "content-length": file.bytes.byteLength });
    response.write(file.bytes.subarray(0, Math.floor(file.bytes.byteLength / 2)), () =>
      response.socket?.destroy(),
    );
    return;
  }
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-length": file.bytes.byteLength,
  });
  response.end(file.bytes);
}

function answer(response: ServerResponse, refusal: Refusal): void {
  const { code, description, retryAfterS } = refusal;
  const parameters = retryAfterS === undefined ? {} : { parameters: { retry_after: retryAfterS } };
  if (retryAfterS !== undefined) response.setHeader("Retry-After", retryAfterS);
  write(response, code, { ok: false, error_code: code, description, ...parameters });
}

function write(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length });
  response.end(bytes);
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxUploadBytes * 1.1) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
