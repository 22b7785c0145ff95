/**
 * The HTTP face of the playground, on the loopback only: the page, its stream,
 * its actions and its files. Nothing is answered before `guard.ts` said so.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { BotApiModel } from "../fakes/bot-api/model.ts";
import { maxUploadBytes, type StoredFile } from "../fakes/bot-api/files.ts";
import { type Actions, BadRequest } from "./actions.ts";
import { createAssets } from "./assets.ts";
import { admit, isLoopback } from "./guard.ts";

/** What the server stands on. */
export interface ServerDeps {
  readonly model: BotApiModel;
  readonly actions: Actions;
  /** Streams the state into a response. */
  readonly feed: (response: ServerResponse) => void;
  /** The secret in the address. */
  readonly key: string;
}

/** A server that listens. */
export interface PageServer {
  /** The address to open, secret and all. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

const maxJsonBytes = 1024 * 1024;

/** Nothing is loaded from anywhere else, nothing runs that is not a file of the page, and no text becomes markup. */
const policy = [
  "default-src 'self'",
  "img-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** The picture formats that are shown; everything else is only given as a download. */
const pictures: readonly (readonly [start: string, type: string])[] = [
  ["89504e47", "image/png"],
  ["ffd8ff", "image/jpeg"],
  ["47494638", "image/gif"],
  ["52494646", "image/webp"],
];

/** Listens; throws for any address but the loopback's. */
export async function listen(
  deps: ServerDeps,
  { host, port }: { host: string; port: number },
): Promise<PageServer> {
  if (!isLoopback(host)) throw new Error(`The playground listens on this machine only, not on ${host}.`);
  const giveAsset = createAssets();
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "GET", headers, socket } = request;
    const [path = "/", query = ""] = (request.url ?? "/").split("?", 2);
    const { port: bound } = server.address() as AddressInfo;
    const visit = { method, path, headers, remoteAddress: socket.remoteAddress };
    for (const [name, value] of Object.entries(safeHeaders)) response.setHeader(name, value);
    const admission = admit(visit, { port: bound, key: deps.key });
    if (!admission.ok) return say(response, admission.status, admission.sentence);
    const { rest } = admission;
    if (method === "POST" && rest.startsWith("api/"))
      return act(deps, rest.slice(4), new URLSearchParams(query), request, response);
    if (method !== "GET") return say(response, 405, "Only GET and POST.");
    if (rest === "events") return deps.feed(response);
    if (rest.startsWith("files/")) return giveFile(deps.model.files.get(rest.slice(6)), response);
    const asset = await giveAsset(rest === "" ? "index.html" : rest);
    if (asset === undefined) return say(response, 404, "Nothing here.");
    response.setHeader("cache-control", "no-cache");
    response.writeHead(200, { "content-type": asset.type });
    response.end(asset.body);
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (response.headersSent) return void response.destroy();
      if (error instanceof BadRequest) return say(response, 400, error.message);
      say(response, 500, `The playground stumbled: ${String(error)}`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}/${deps.key}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const safeHeaders = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

async function act(
  { actions }: ServerDeps,
  name: string,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (name === "upload") {
    const bytes = await readAll(request, maxUploadBytes);
    const mime = request.headers["content-type"] ?? "application/octet-stream";
    return json(response, actions.upload(query.get("name") ?? "", mime, new Uint8Array(bytes)));
  }
  const running = actions.run(name, parsed(await readAll(request, maxJsonBytes)));
  if (running === undefined) return say(response, 404, "Nothing here.");
  json(response, await running);
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new BadRequest("The page sent something that makes no sense.");
  }
}

function giveFile(file: StoredFile | undefined, response: ServerResponse): void {
  if (file === undefined) return say(response, 404, "This file is not here any more.");
  const start = Buffer.from(file.bytes.subarray(0, 4)).toString("hex");
  const picture = pictures.find(([bytes]) => start.startsWith(bytes))?.[1];
  response.writeHead(200, {
    "content-type": picture ?? "application/octet-stream",
    "content-length": file.bytes.byteLength,
    "content-disposition": `${picture === undefined ? "attachment" : "inline"}; filename*=UTF-8''${encodeURIComponent(file.name)}`,
    "cache-control": "private, max-age=3600",
  });
  response.end(file.bytes);
}

async function readAll(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new BadRequest(`That is more than ${Math.floor(maxBytes / 1024 / 1024)} MB.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function say(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end(`${sentence}\n`);
}
