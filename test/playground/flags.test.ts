import { describe, expect, it } from "vitest";
import { readFlags } from "./flags.ts";

describe("the flags of the playground", () => {
  it("has a default for each", () => {
    expect(readFlags([])).toMatchObject({
      ok: true,
      flags: { host: "127.0.0.1", port: 0, isOpened: true, isScripted: false, isFresh: false },
    });
  });

  it("reads them", () => {
    const given = ["--port", "4300", "--no-open", "--scripted", "--fresh", "--folder", "/tmp/somewhere"];
    expect(readFlags(given)).toEqual({
      ok: true,
      flags: {
        host: "127.0.0.1",
        port: 4300,
        isOpened: false,
        isScripted: true,
        isFresh: true,
        folder: "/tmp/somewhere",
      },
    });
  });

  it.each([
    [["--host", "0.0.0.0"], /this machine only .* not on 0\.0\.0\.0/],
    [["--host", "192.168.1.5"], /this machine only/],
    [["--port", "many"], /--port must be a number/],
    [["--prot", "1"], /--prot[^]*--scripted/],
  ])("ends with a sentence for %s", (args, sentence) => {
    const read = readFlags(args);
    expect(read).toMatchObject({ ok: false, sentence: expect.stringMatching(sentence) as string });
    expect(read).not.toHaveProperty("isHelp");
  });

  it("are listed where one asks, which is no mistake", () => {
    expect(readFlags(["--help"])).toMatchObject({
      ok: false,
      isHelp: true,
      sentence: expect.stringMatching(/^npm run playground -- \[flags\]/) as string,
    });
  });
});
