import { GrammyError, HttpError } from "grammy";
import { describe, expect, it } from "vitest";
import { createLogger, describeError } from "../bot/logger.ts";

const TOKEN = "4242424242:AAFakeTokenForTheTestsOnly-_000000000";
const SECRET = TOKEN.split(":")[1] ?? "";
const URL = `https://api.telegram.org/bot${TOKEN}/sendMessage`;
const WORDS = "the words of a person";

function bench(token = TOKEN) {
  const lines: string[] = [];
  const logger = createLogger({
    level: "trace",
    token,
    destination: { write: (line) => void lines.push(line) },
  });
  return { logger, text: () => lines.join("") };
}

const fetchError = Object.assign(new Error(`request to ${URL} failed, reason: connect ECONNREFUSED`), {
  code: "ECONNREFUSED",
  url: URL,
});
const httpError = new HttpError("Network request for 'sendMessage' failed!", fetchError);
const grammyError = new GrammyError(
  "Call to 'sendMessage' failed!",
  { ok: false, error_code: 400, description: "Bad Request: chat not found" },
  "sendMessage",
  { chat_id: 7, text: WORDS },
);

describe("the token", () => {
  it.each<[string, unknown]>([
    ["an error of the network", httpError],
    ["what it holds", fetchError],
    ["an error with the address in its message", new Error(`fetch ${URL}`)],
    ["an error inside an error", Object.assign(new Error("outer"), { error: Object.assign(httpError, {}) })],
    ["an error with a code", Object.assign(new Error(TOKEN), { code: "EPIPE", path: TOKEN })],
    ["an error named after it", Object.assign(new Error("x"), { name: TOKEN })],
    ["a text that was thrown", TOKEN],
    ["an object that was thrown", { token: TOKEN }],
  ])("is in no line about %s", (_, err) => {
    const { logger, text } = bench();
    logger.error({ err }, "it failed");
    expect(text()).toContain("it failed");
    expect(text()).not.toContain(SECRET);
  });

  it.each<[string, string]>([
    ["as it is", TOKEN],
    ["in an address", URL],
    ["encoded for one", encodeURIComponent(TOKEN)],
    ["encoded in small letters", TOKEN.replace(":", "%3a")],
    ["without its number", SECRET],
    ["twice", `${TOKEN} ${TOKEN}`],
    ["of another bot", "bot99999999:BBAnotherTokenOfTheSameShape_000000000"],
  ])("is in no line %s: in a message, a value, a name", (_, form) => {
    const { logger, text } = bench();
    logger.info({ url: form, nested: { deep: [form] }, [form]: 1 }, `called ${form}`);
    logger.child({ url: form }).warn(form);
    logger.error(new Error(form));
    expect(text()).toContain("[token]");
    expect(text()).not.toContain(SECRET);
    expect(text()).not.toContain("BBAnotherToken");
  });

  it("leaves each line JSON", () => {
    const { logger, text } = bench();
    logger.error({ err: httpError, url: URL }, `"${TOKEN}"\n`);
    expect(JSON.parse(text())).toMatchObject({ level: 50, msg: '"[token]"\n' });
  });

  it("that is empty makes nothing of the text", () => {
    const { logger, text } = bench("");
    logger.info("all of it");
    expect(JSON.parse(text())).toMatchObject({ msg: "all of it" });
  });
});

describe("a line", () => {
  it("has its time, and neither a pid nor the name of the machine", () => {
    const { logger, text } = bench();
    logger.info({ updateId: 5 }, "taken");
    const line = JSON.parse(text()) as Record<string, unknown>;
    expect(Object.keys(line)).toEqual(["level", "time", "updateId", "msg"]);
    expect(String(line["time"])).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it("about a refused call says which and why, never what was to be said", () => {
    const { logger, text } = bench();
    logger.warn({ err: grammyError }, "refused");
    logger.error(grammyError);
    expect(JSON.parse(text().split("\n")[0] ?? "")).toMatchObject({
      err: {
        name: "GrammyError",
        method: "sendMessage",
        error_code: 400,
        description: "Bad Request: chat not found",
      },
    });
    expect(text()).not.toContain(WORDS);
  });

  it("about an error of a command says nothing of what it was given", () => {
    const { logger, text } = bench();
    const error = Object.assign(new Error("Command failed"), {
      command: `claude -p '${WORDS}'`,
      stdout: WORDS,
      stack: `Error: Command failed with ${WORDS}`,
    });
    logger.error({ err: error }, "x");
    expect(text()).not.toContain(WORDS);
  });
});

describe("what may be said of an error", () => {
  it("is its stack where it is ours", () => {
    const bug = new TypeError("a bug");
    expect(describeError(bug)).toEqual({ name: "TypeError", message: "a bug", stack: bug.stack });
  });

  it("is its code and no stack where it is the system's", () => {
    const error = Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC", syscall: "write" });
    expect(describeError(error)).toEqual({
      name: "Error",
      message: "ENOSPC: no space left",
      code: "ENOSPC",
      syscall: "write",
    });
  });

  it("is its cause, too, where grammY wraps one", () => {
    expect(describeError(httpError)).toMatchObject({ name: "HttpError", cause: { code: "ECONNREFUSED" } });
  });

  it.each([undefined, null, "text", 7, {}])("is only what it is where it is none: %j", (thrown) => {
    expect(describeError(thrown)).toEqual({ name: typeof thrown });
  });
});
