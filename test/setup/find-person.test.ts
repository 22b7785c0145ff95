/**
 * Finding out who writes, against the strict local Bot API: nothing is ever taken
 * away from the bot that will run.
 */
import { describe, expect, it, onTestFinished } from "vitest";
import { createBotApi } from "../../bot/doctor/bot-api.ts";
import { findPerson, type Writer } from "../../bot/setup/find-person.ts";
import { startBotApi } from "../fakes/bot-api/bot-api.ts";

async function search(isHim: (writer: Writer) => boolean = () => true, limitMs = 60_000) {
  const api = await startBotApi();
  onTestFinished(() => api.close());
  // The pauses are shortened; in full they are longer than what the server slows down.
  api.model.updates.isPaced = false;
  const asked: Writer[] = [];
  let nowMs = Date.now();
  const found = () =>
    findPerson({
      call: createBotApi({ apiRoot: api.url, token: api.token }),
      isHim: async (writer) => {
        asked.push(writer);
        return isHim(writer);
      },
      wait: async (ms) => {
        nowMs += ms;
        await new Promise((resolve) => setTimeout(resolve, 20));
      },
      now: () => new Date(nowMs),
      limitMs,
    });
  return { api, asked, found };
}

describe("the person", () => {
  it("is who writes and says so; the message still waits for the bot", async () => {
    const { api, asked, found } = await search();
    const searched = found();
    await api.waitForCall("getUpdates");
    api.user(7001, { name: "Anna" }).send("hello");
    expect(await searched).toEqual({ kind: "found", writer: expect.objectContaining({ id: 7001 }) });
    expect(asked).toHaveLength(1);
    expect(api.model.updates.confirmed).toEqual([]);
    expect(api.model.updates.pending).toHaveLength(1);
    expect(api.model.updates.allowed).toBeUndefined();
    expect(api.violations).toEqual([]);
  });

  it("is not the stranger who wrote first, and is asked about each only once", async () => {
    const { api, asked, found } = await search(({ id }) => id === 7001);
    api.user(9001, { name: "Stranger" }).send("hi");
    const searched = found();
    await api.waitForCall("getUpdates", undefined, { since: 1 });
    api.user(9001).send("hi again");
    api.user(7001, { name: "Anna" }).send("hello");
    expect(await searched).toMatchObject({ kind: "found", writer: { id: 7001 } });
    expect(asked.filter(({ id }) => id === 9001)).toHaveLength(1);
  });

  it("has a name on one line, without signs that turn it around", async () => {
    const { api, asked, found } = await search();
    api.user(7001, { name: "An\u202ena\n\u001b[31m✖" }).send("hello");
    await found();
    expect(asked[0]?.name).not.toMatch(/[\n\u202e]/);
    expect(asked[0]?.name).not.toContain("\u001b");
  });

  it("does not write in a group", async () => {
    const { api, asked, found } = await search(() => true, 3_000);
    const group = api.group(-1001, {});
    api.user(7001, { name: "Anna" }).send("hello", { chat: group });
    expect(await found()).toEqual({ kind: "nobody" });
    expect(asked).toEqual([]);
  });

  it("cannot be seen while another polls, a webhook is set, too much waits, or Telegram is away", async () => {
    const polled = await search();
    const searched = polled.found();
    await polled.api.waitForCall("getUpdates");
    await createBotApi({ apiRoot: polled.api.url, token: polled.api.token })("getUpdates");
    expect(await searched).toEqual({ kind: "conflict" });

    const hooked = await search();
    hooked.api.model.webhookUrl = "https://example.org/x";
    expect(await hooked.found()).toEqual({ kind: "conflict" });

    const crowded = await search(() => false);
    for (let count = 0; count < 100; count += 1) crowded.api.user(9001, { name: "S" }).send(`spam ${count}`);
    expect(await crowded.found()).toEqual({ kind: "crowded" });
    expect(crowded.api.model.updates.confirmed).toEqual([]);

    const away = await search();
    away.api.goOffline();
    expect(await away.found()).toEqual({ kind: "unreachable" });
  });
});
