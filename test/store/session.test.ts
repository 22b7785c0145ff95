import { describe, expect, it } from "vitest";
import {
  forbids,
  freeze,
  type SessionState,
  sessionSchema,
  shortId,
  TRANSITIONS,
} from "../../bot/store/session.ts";

const STATES: readonly SessionState[] = ["created", "active", "paused", "terminated"];
const ALLOWED = new Set([
  "created → active",
  "created → paused",
  "created → terminated",
  "active → paused",
  "active → terminated",
  "paused → active",
  "paused → terminated",
  "terminated → paused",
]);

/** The smallest file of version 1. */
const SMALLEST = {
  version: 1,
  id: "3b241101-e2bb-4255-8caf-4136c566a962",
  folder: "notes-3b241101",
  name: "Notes",
  persona: "default",
  cwd: "/home/ann/notes",
  chatId: -100123,
  createdBy: 7,
  state: "paused",
  claudeSessionId: "6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  totals: { turns: 0, costUsd: 0, inputTokens: 0, outputTokens: 0, durationMs: 0 },
};

describe("the transitions", () => {
  const pairs = STATES.flatMap((from) => STATES.map((to) => ({ from, to })));

  it.each(pairs)("$from → $to is what the table says", ({ from, to }) => {
    const forbidden = { ok: false, kind: "forbidden", from, to };
    expect(forbids(from, to)).toEqual(ALLOWED.has(`${from} → ${to}`) ? undefined : forbidden);
  });

  it("know every state", () => {
    expect(Object.keys(TRANSITIONS).sort()).toEqual([...STATES].sort());
  });
});

describe("a session", () => {
  it("keeps fields that this version does not know", () => {
    const newer = { ...SMALLEST, mood: "calm", totals: { ...SMALLEST.totals, cacheTokens: 5 } };
    expect(sessionSchema.parse(newer)).toEqual(newer);
  });

  it.each([
    ["no UUID", { id: "../../etc" }],
    ["a relative folder", { cwd: "notes" }],
    ["a model that is a flag", { model: "--dangerously-skip-permissions" }],
    ["a mode that no CLI knows", { permissionMode: "plann" }],
    ["a state that is none", { state: "archived" }],
    ["a time without its zone", { updatedAt: "2026-01-01T00:00:00" }],
    ["an unsafe chat", { chatId: 2 ** 60 }],
    ["no totals", { totals: undefined }],
  ])("with %s is broken", (_, fault) => {
    expect(sessionSchema.safeParse({ ...SMALLEST, ...fault }).success).toBe(false);
  });

  it("is called by the first 8 digits of its id", () => {
    expect(shortId(SMALLEST)).toBe("3b241101");
  });

  it("cannot be changed once it is frozen, nor anything in it", () => {
    const session = freeze(structuredClone(SMALLEST));
    expect(() => (session.name = "x")).toThrow(TypeError);
    expect(() => (session.totals.turns = 1)).toThrow(TypeError);
  });
});
