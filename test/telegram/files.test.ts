import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Api } from "grammy";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createFetchFile } from "../../bot/telegram/files.ts";
import { type BotApi, startBotApi } from "../fakes/bot-api/bot-api.ts";
import type { NewFile } from "../fakes/bot-api/files.ts";

let double: BotApi;
let pauses: number[];

beforeEach(async () => {
  double = await startBotApi();
  pauses = [];
});
afterEach(() => double.close());

const going = new AbortController().signal;
const files = (apiRoot = double.url) =>
  createFetchFile({
    api: new Api(double.token, { apiRoot: double.url }),
    apiRoot,
    token: double.token,
    wait: async (ms) => void pauses.push(ms),
  });
const add = (file: Partial<NewFile> = {}): string =>
  double.model.files.add("documents", { name: "a ü#?.txt", bytes: "hello", ...file }).fileId;

describe("a file", () => {
  it("is fetched whole, whatever it is called", async () => {
    expect(await files()(add(), going)).toEqual({ ok: true, bytes: Buffer.from("hello") });
    expect(pauses).toEqual([]);
  });

  it.each(["500", "html502", "dropBefore", "dropAfter"] as const)("is fetched after %s", async (kind) => {
    double.fault({ method: "downloadFile", kind });
    double.fault({ method: "getFile", kind: "500" });
    expect(await files()(add(), going)).toMatchObject({ ok: true });
    expect(pauses).toEqual([1_000, 3_000]);
  });

  it("waits out a flood", async () => {
    double.fault({ method: "getFile", kind: "429", retryAfterS: 2 });
    expect(await files()(add(), going)).toMatchObject({ ok: true });
    expect(pauses).toEqual([2_000]);
  });

  it("is given up after four tries, or at a flood without an end", async () => {
    double.fault({ method: "downloadFile", kind: "500", times: 4 });
    expect(await files()(add(), going)).toEqual({ ok: false, kind: "unreached" });
    double.fault({ method: "getFile", kind: "429", retryAfterS: 600 });
    expect(await files()(add(), going)).toEqual({ ok: false, kind: "unreached" });
    expect(pauses).toEqual([1_000, 3_000, 10_000]);
  });

  it("that is too big, or not known, is not tried again", async () => {
    expect(await files()(add({ size: 21 * 1024 * 1024 }), going)).toEqual({ ok: false, kind: "too_big" });
    double.fault({ method: "getFile", kind: "refuse", description: "Bad Request: invalid file_id" });
    expect(await files()(add(), going)).toEqual({ ok: false, kind: "gone" });
    expect(pauses).toEqual([]);
  });

  it("is not waited for when the person stops it", async () => {
    const stop = new AbortController();
    double.fault({ method: "downloadFile", kind: "silent" });
    const fetched = files()(add(), stop.signal);
    await double.waitForCall("getFile");
    stop.abort();
    expect(await fetched).toEqual({ ok: false, kind: "stopped" });
  });

  it("is not looked for where a redirect points: the address holds the token", async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(request.url ?? "");
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect(await files(`http://127.0.0.1:${port}`)(add(), going)).toEqual({ ok: false, kind: "unreached" });
    expect(new Set(seen).size).toBe(1);
    expect(seen).not.toContain("/elsewhere");
  });
});
