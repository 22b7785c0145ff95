/**
 * What the doctor asks Telegram, against the strict local Bot API.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createBotApi } from "../../bot/doctor/bot-api.ts";
import { clockCheck } from "../../bot/doctor/checks/clock.ts";
import { groupsCheck } from "../../bot/doctor/checks/groups.ts";
import { otherPollerCheck } from "../../bot/doctor/checks/other-poller.ts";
import { proxyCheck } from "../../bot/doctor/checks/proxy.ts";
import { tokenCheck } from "../../bot/doctor/checks/token.ts";
import { webhookCheck } from "../../bot/doctor/checks/webhook.ts";
import { createTelegram } from "../../bot/doctor/telegram.ts";
import { type BotApiOptions, startBotApi } from "../fakes/bot-api/bot-api.ts";

async function double(options: BotApiOptions = {}) {
  const api = await startBotApi(options);
  onTestFinished(() => api.close());
  const telegram = (token = api.token) => createTelegram(createBotApi({ apiRoot: api.url, token }));
  return { api, telegram };
}

/** A Telegram that nobody answers for. */
const nowhere = () =>
  createTelegram(createBotApi({ apiRoot: "http://127.0.0.1:9", token: "1:secret-token" }));

describe("the token", () => {
  const look = (telegram: ReturnType<typeof nowhere> | undefined) =>
    tokenCheck({ telegram, apiRoot: "http://api" }).look();

  it("that Telegram knows names the bot", async () => {
    const { telegram } = await double();
    expect(await look(telegram())).toEqual({
      state: "ok",
      says: "Telegram knows it: the bot is @parley_test_bot.",
    });
  });

  it("that it does not know, or a Telegram that is not reached, is bad and never said", async () => {
    const { telegram, api } = await double();
    const unknown = await look(telegram("999999:NOT-THE-ONE"));
    expect(unknown).toMatchObject({ state: "bad", says: expect.stringContaining("does not know it") });
    const absent = await look(nowhere());
    expect(absent).toMatchObject({ state: "bad", says: expect.stringContaining("ECONNREFUSED") });
    api.fault({ method: "getMe", kind: "html502" });
    const strange = await look(telegram());
    expect(strange).toMatchObject({ state: "bad", says: expect.stringContaining("not Telegram's") });
    expect(JSON.stringify([unknown, absent, strange])).not.toMatch(/secret-token|NOT-THE-ONE|4242424242:/);
  });

  it("that is missing is a matter of the settings", async () => {
    expect(await look(undefined)).toBeUndefined();
  });
});

describe("a call", () => {
  it("that is cut in the middle, or never answered, is a value", async () => {
    const { api } = await double();
    const call = createBotApi({ apiRoot: api.url, token: api.token });
    api.fault({ method: "getMe", kind: "cutJson" });
    expect(await call("getMe")).toMatchObject({ kind: "unreachable" });
    api.fault({ method: "getMe", kind: "dropBefore" });
    expect(await call("getMe")).toMatchObject({ kind: "unreachable", code: "ECONNRESET" });
    api.fault({ method: "getMe", kind: "silent" });
    expect(await call("getMe", {}, { signal: AbortSignal.timeout(100) })).toMatchObject({
      kind: "unreachable",
    });
  });

  it("that is answered by something else without end is given up", async () => {
    const server = createServer((_, response) => {
      const timer = setInterval(() => response.write("x".repeat(1024 * 1024)), 1);
      response.on("close", () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const call = createBotApi({ apiRoot: `http://127.0.0.1:${port}`, token: "1:x" });
    expect(await call("getMe")).toMatchObject({ kind: "unreachable" });
  });
});

describe("a webhook", () => {
  it("that is set is told with its host only, and no poll is tried", async () => {
    const { api, telegram } = await double();
    expect(await webhookCheck({ telegram: telegram() }).look()).toEqual({
      state: "ok",
      says: "none is set.",
    });
    api.model.webhookUrl = "https://example.org/secret-path";
    const verdict = await webhookCheck({ telegram: telegram() }).look();
    expect(verdict?.state).toBe("bad");
    expect(verdict?.says).toContain("to example.org,");
    expect(JSON.stringify(verdict)).not.toContain("secret-path");
    expect(
      await otherPollerCheck({ telegram: telegram(), isPolling: async () => false }).look(),
    ).toBeUndefined();
    expect(api.model.callsOf("getUpdates")).toEqual([]);
  });
});

describe("another poller", () => {
  const alone = { isPolling: async () => false, watchSeconds: 1 };

  it("that comes back while we look is told of", async () => {
    const { api, telegram } = await double();
    const other = createBotApi({ apiRoot: api.url, token: api.token });
    const looked = otherPollerCheck({ telegram: telegram(), ...alone }).look();
    await api.waitForCall("getUpdates");
    await other("getUpdates");
    expect(await looked).toMatchObject({
      state: "bad",
      says: expect.stringContaining("another program polls"),
    });
  });

  it("that does not come leaves every message where it is", async () => {
    const { api, telegram } = await double();
    expect((await otherPollerCheck({ telegram: telegram(), ...alone }).look())?.says).toBe(
      "none came within 1 s.",
    );
    api.user(7, { name: "Anna" }).send("waits");
    const verdict = await otherPollerCheck({ telegram: telegram(), ...alone }).look();
    expect(verdict).toEqual({ state: "ok", says: "none: messages wait at Telegram, and nobody takes them." });
    expect(api.model.updates.confirmed).toEqual([]);
    expect(api.model.updates.pending).toHaveLength(1);
    expect(api.model.updates.allowed).toBeUndefined();
  });

  it("is not our own bot that was started meanwhile", async () => {
    const { api, telegram } = await double();
    const other = createBotApi({ apiRoot: api.url, token: api.token });
    let isPolling = false;
    const looked = otherPollerCheck({
      telegram: telegram(),
      ...alone,
      isPolling: async () => isPolling,
    }).look();
    await api.waitForCall("getUpdates");
    isPolling = true;
    await other("getUpdates");
    expect(await looked).toBeUndefined();
  });

  it("is not looked for while our own bot polls: looking would end its poll", async () => {
    const { api, telegram } = await double();
    const verdict = await otherPollerCheck({ telegram: telegram(), isPolling: async () => true }).look();
    expect(verdict).toBeUndefined();
    expect(api.model.callsOf("getUpdates")).toEqual([]);
  });

  it("is known to the running bot for ten minutes", async () => {
    const look = (agoMs: number | undefined) =>
      otherPollerCheck({
        telegram: nowhere(),
        isPolling: async () => true,
        conflictAgoMs: () => agoMs,
      }).look();
    expect(await look(undefined)).toMatchObject({ state: "ok" });
    expect(await look(5_000)).toMatchObject({ state: "bad" });
    expect(await look(700_000)).toMatchObject({ state: "ok" });
  });
});

describe("the clock", () => {
  it.each([
    [10_000, "ok", "it agrees with Telegram's."],
    [-10_000, "ok", "it agrees with Telegram's."],
    [95_000, "warn", "it is 95 s ahead"],
    [-3_600_000, "bad", "it is 60 min behind"],
  ])("%i ms off is %s", async (skewMs, state, says) => {
    const { telegram } = await double();
    // The Date of an answer has no ms; half a second more keeps the words the same.
    const now = () => new Date(Math.floor(Date.now() / 1_000) * 1_000 + skewMs);
    const verdict = await clockCheck({ telegram: telegram(), now }).look();
    expect(verdict).toMatchObject({ state, says: expect.stringContaining(says.slice(0, 9)) });
    if (state !== "ok") expect(verdict?.says).toContain(skewMs > 0 ? "ahead" : "behind");
  });

  it("is not judged where nobody tells the time", async () => {
    expect(await clockCheck({ telegram: nowhere(), now: () => new Date() }).look()).toBeUndefined();
  });
});

describe("a proxy", () => {
  it("is named, never quoted, and bad only where Telegram is not reached", async () => {
    const { telegram } = await double();
    const env = { https_proxy: "http://anna:secret@proxy:3128" };
    expect(await proxyCheck({ env: {}, telegram: telegram() }).look()).toMatchObject({ state: "ok" });
    const reached = await proxyCheck({ env, telegram: telegram() }).look();
    const not = await proxyCheck({ env, telegram: nowhere() }).look();
    expect([reached?.state, not?.state]).toEqual(["ok", "bad"]);
    expect(not?.says).toContain("HTTPS_PROXY");
    expect(JSON.stringify([reached, not])).not.toContain("secret");
  });
});

describe("the groups", () => {
  it("say what the bot sees there", async () => {
    for (const [seesAll, words] of [
      [true, "shows it every message"],
      [false, "privacy mode"],
    ] as const) {
      const { api, telegram } = await double({ bot: { can_read_all_group_messages: seesAll } });
      api.group(-1001, {});
      const verdict = await groupsCheck({ telegram: telegram(), chatIds: [-1001] }).look();
      expect(verdict).toMatchObject({ state: "ok", says: expect.stringContaining(words) });
    }
  });

  it("that it is not in are warned of", async () => {
    const { api, telegram } = await double();
    api.group(-1001, {});
    const verdict = await groupsCheck({ telegram: telegram(), chatIds: [-1001, -1002] }).look();
    expect(verdict).toMatchObject({ state: "warn", says: expect.stringContaining("-1002") });
  });

  it("that are not on the list are no matter", async () => {
    const { telegram } = await double();
    expect(await groupsCheck({ telegram: telegram(), chatIds: [] }).look()).toBeUndefined();
  });
});
