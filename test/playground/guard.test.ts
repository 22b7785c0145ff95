import { describe, expect, it } from "vitest";
import { admit, isLoopback, type Visit } from "./guard.ts";

const key = "the-secret";
const visit = (given: Partial<Visit> = {}, headers: Visit["headers"] = {}): Visit => ({
  method: "GET",
  path: `/${key}/`,
  remoteAddress: "127.0.0.1",
  ...given,
  headers: { host: "127.0.0.1:8080", ...headers },
});
const outcome = (one: Visit): unknown => {
  const admission = admit(one, { port: 8080, key });
  return admission.ok ? admission.rest : admission.status;
};

describe("the guard of the playground", () => {
  it("lets the page's own requests in, and says what is asked for", () => {
    expect(outcome(visit())).toBe("");
    expect(outcome(visit({ path: `/${key}/files/a` }, { host: "localhost:8080" }))).toBe("files/a");
    const post = { origin: "http://127.0.0.1:8080", "sec-fetch-site": "same-origin" };
    expect(outcome(visit({ method: "POST", path: `/${key}/api/send` }, post))).toBe("api/send");
    expect(outcome(visit({}, { "sec-fetch-site": "none" }))).toBe("");
  });

  it.each([
    ["a name that was rebound to this machine", visit({}, { host: "evil.example:8080" })],
    ["another port's name", visit({}, { host: "127.0.0.1:9090" })],
    ["no name", { ...visit(), headers: {} }],
    ["a script of another page", visit({ method: "POST" }, { origin: "http://evil.example" })],
    ["a page of another port", visit({ method: "POST" }, { origin: "http://127.0.0.1:9090" })],
    ["a page of the other name", visit({ method: "POST" }, { origin: "http://localhost:8080" })],
    ["an opaque page", visit({ method: "POST" }, { origin: "null" })],
    ["a change that does not say where it comes from", visit({ method: "POST" })],
    ["a picture on another page", visit({}, { "sec-fetch-site": "cross-site" })],
    ["a page of another port's picture", visit({}, { "sec-fetch-site": "same-site" })],
    ["another machine", visit({ remoteAddress: "192.168.1.5" })],
  ])("refuses %s", (_, one) => {
    expect(outcome(one)).toBe(403);
  });

  it.each(["/", "/the-secre/", "/the-secret", "/the-secret2/", "//", "/x/the-secret/"])(
    "has nothing at %s",
    (path) => {
      expect(outcome(visit({ path }))).toBe(404);
    },
  );

  it("knows what is this machine only", () => {
    for (const host of ["127.0.0.1", "127.8.9.1", "::1", "localhost"]) expect(isLoopback(host)).toBe(true);
    for (const host of [
      "0.0.0.0",
      "::",
      "",
      "192.168.1.5",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
    ])
      expect(isLoopback(host)).toBe(false);
  });
});
