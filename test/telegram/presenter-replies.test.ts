import { describe, expect, it } from "vitest";
import type { ArchiveInfo, ListEntry, PackFailure, RestoreFailure } from "../../bot/store/archive/types.ts";
import type { Persona } from "../../bot/store/personas.ts";
import type { Session } from "../../bot/store/session.ts";
import type { Part } from "../../bot/telegram/delivery.ts";
import * as deleting from "../../bot/telegram/presenter/deleting.ts";
import { exported, exportFailed, nothingToExport } from "../../bot/telegram/presenter/export.ts";
import * as notices from "../../bot/telegram/presenter/notices.ts";
import * as parcels from "../../bot/telegram/presenter/parcels.ts";
import * as personas from "../../bot/telegram/presenter/personas.ts";
import * as archiving from "../../bot/telegram/presenter/archiving.ts";
import { say } from "../../bot/telegram/presenter/messages.ts";
import * as replies from "../../bot/telegram/presenter/replies.ts";
import * as sessionReplies from "../../bot/telegram/presenter/session-replies.ts";
import {
  archivedInstead,
  archiveList,
  offerSessions,
  sessionList,
} from "../../bot/telegram/presenter/sessions.ts";
import { ago, clip, count, period, size } from "../../bot/telegram/presenter/words.ts";
import { checkParts, pressButtons, HOSTILE, textOf } from "./presenter-check.ts";
import { PERSONA_FAULTS } from "./presenter-faults.ts";

const PULSE = {
  standbys: 0,
  warm: undefined,
  cold: undefined,
  disks: { sessions: undefined, archives: undefined },
  version: "0.1.0",
};

const NOW = new Date("2026-01-02T00:00:00.000Z");
const TOTALS = { turns: 3, costUsd: 0.1234567, inputTokens: 10, outputTokens: 5, durationMs: 9 };

function sessionOf(name: string, number = 1, more: Partial<Session> = {}): Session {
  const short = String(number).padStart(8, "0");
  return {
    version: 1,
    id: `${short}-0000-4000-8000-000000000000`,
    folder: `session-${short}`,
    name,
    persona: name,
    cwd: `/home/${name}`,
    chatId: 7,
    createdBy: 7,
    state: "active",
    claudeSessionId: "00000000-0000-4000-8000-00000000000c",
    createdAt: NOW.toISOString(),
    updatedAt: NOW.toISOString(),
    totals: TOTALS,
    ...more,
  };
}

const personaOf = (slug: string, name: string): Persona => ({
  slug,
  name,
  description: name,
  allowedTools: [],
  disallowedTools: [],
  prompt: "x",
});

function archiveOf(name: string, number: number): ListEntry {
  const short = String(number).padStart(8, "0");
  // The longest folder name there can be.
  const folder = `${"a".repeat(41)}-${short}`;
  const archive: ArchiveInfo = {
    folder,
    session: {
      id: `${short}-0000-4000-8000-000000000000`,
      name,
      persona: "default",
      chatId: 7,
      createdAt: NOW.toISOString(),
      totals: TOTALS,
    },
    archivedAt: "2026-01-01T00:00:00.000Z",
    turns: 3,
    entries: 9,
    originalBytes: 5_000,
    archiveBytes: 1_000,
    sha256: "",
    manifestSha256: "",
    skippedCount: 0,
  };
  return { kind: "archive", isLive: false, archive };
}

const buttonsOf = pressButtons;

/** Each fault that keeps a session from being archived or restored. */
const faults = (
  word: string,
): Record<PackFailure["kind"] | RestoreFailure["kind"], PackFailure | RestoreFailure> => ({
  disk_full: { kind: "disk_full" },
  too_big: { kind: "too_big", what: "file", path: word },
  changed: { kind: "changed", path: word },
  unreadable: { kind: "unreadable", path: word },
  damaged: { kind: "damaged", detail: "/home/secret at file.ts:3" },
  newer: { kind: "newer", version: 9 },
  worker_failed: { kind: "worker_failed", detail: "/home/secret at file.ts:3" },
  exists: { kind: "exists" },
  absent: { kind: "absent" },
  reserved: { kind: "reserved", name: word },
  goes_on: { kind: "goes_on" },
  place_failed: { kind: "place_failed", detail: "/home/secret at file.ts:3" },
});

describe.each(HOSTILE)("with names that are %s", (_, word) => {
  const session = sessionOf(word);
  const persona = personaOf("planner", word);
  const listed = archiveOf(word, 1);
  if (listed.kind !== "archive") throw new Error("no archive");
  const { archive } = listed;
  const parcel = { ...archive, updateId: Number.MAX_SAFE_INTEGER, chatId: 7, userId: 7, order: {} };
  const sentences: Record<string, Part[]> = {
    "a new session": sessionReplies.created(session, { isCurrent: true, released: 2, hasTopics: true }),
    "a new session beside another": sessionReplies.created(session, {
      isCurrent: false,
      released: 0,
      hasTopics: true,
    }),
    "no such session": sessionReplies.noSuchSession(word),
    "several sessions": sessionReplies.severalSessions(
      word,
      Array.from({ length: 30 }, (_, at) => sessionOf(word, at)),
    ),
    "several sessions to choose from": sessionReplies.severalSessions(
      word,
      Array.from({ length: 30 }, (_, at) => sessionOf(word, at)),
      (id) => `switch:${id}`,
    ),
    "no such folder": sessionReplies.noSuchFolder(Array.from({ length: 30 }, () => `/${word}`)),
    "how /new is written": sessionReplies.newHelp([`/${word}`]),
    "set aside": sessionReplies.setAside(session, true, 2),
    "not set aside": sessionReplies.notSetAside(session, true),
    "not made current": sessionReplies.notMoved(session, "was made"),
    archived: archiving.archived(session, 1_000, 2),
    "archived, and too big to be sent": archiving.archived(session, 60_000_000, 0),
    "too busy for the archive": archiving.archiveBusy(session, { kept: 0, openIn: [] }),
    "open at a terminal": archiving.archiveBusy(session, { kept: 0, openIn: [12, 34] }),
    "too much kept for the archive": archiving.archiveBusy(session, { kept: 2, openIn: [] }),
    restored: archiving.restored(session, { isCurrent: false }),
    "restored and current": archiving.restored(session, { isCurrent: true }),
    "no such archive": archiving.noSuchArchive(word),
    "what is to be deleted": deleting.askDelete(session, { hasOwnFolder: true }),
    "what is to be deleted, but not its folder": deleting.askDelete(
      { ...session, cwd: `/${word}` },
      { hasOwnFolder: false },
    ),
    deleted: deleting.deleted(archive),
    "too busy to be deleted": deleting.deleteBusy(session, { kept: 1, openIn: [] }),
    "an archive that is to be deleted": deleting.askErase(archive, NOW),
    "the same, with its file": deleting.askEraseWithFile(archive, "/a"),
    "an archive that is deleted": deleting.erased(session),
    exported: exported(session, "html", { path: "/a", turns: 3, bytes: 9 }),
    "too big to be exported": exported(session, "md", { path: "/a", turns: 3, bytes: 60_000_000 }),
    "nothing to export": nothingToExport(session),
    "not exported": exportFailed(session, { kind: "damaged", detail: "/home/secret" }),
    "an archive that was sent in": parcels.askAboutParcel(parcel, "free", NOW),
    "one that is here already": parcels.askAboutParcel(parcel, "archived", NOW),
    "one whose session lives": parcels.askAboutParcel(parcel, "live", NOW),
    "one that was unpacked": parcels.parcelUnpacked(
      session,
      { permissions: true, cwd: `/${word}` },
      { isCurrent: true },
    ),
    switched: say(sessionReplies.switched(session, 1)),
    "a chosen persona": personas.personaChosen(session, persona),
    "no such persona": personas.noSuchPersona(word, { kind: "absent" }),
    "a value in a persona": personas.noSuchPersona("x", { kind: "bad_value", key: word, expected: "text" }),
    recovered: notices.recovered(Array.from({ length: 64 }, (_, at) => sessionOf(word, at))),
    "an archive that was finished": notices.archiveFinished(word),
    "a session that needs a look": notices.needsLook(session),
    "a broken session": notices.sessionSetAside(word),
    status: notices.status({
      current: session,
      isRunning: true,
      waiting: [
        { updateId: 1, text: "", files: 1, reason: "unread" },
        { updateId: 2, text: "words", files: 2, reason: "budget" },
      ],
      held: 0,
      runningAll: 1,
      maxTurns: 4,
      sessions: 3,
      lastPollAgoMs: undefined,
      startedAgoMs: 90_000_000,
      cli: { version: word },
      ...PULSE,
      version: word,
    }),
    "a list of sessions": sessionList({
      sessions: Array.from({ length: 20 }, (_, at) => sessionOf(word, at)),
      currentId: sessionOf(word, 2).id,
      isRunning: () => true,
      now: NOW,
      page: 1,
    }),
    "an offer": offerSessions({ sessions: [session], isRunning: () => true, waiting: 2, now: NOW }),
    "a list of archives": archiveList(
      Array.from({ length: 20 }, (_, at) => archiveOf(word, at)),
      NOW,
      1,
    ),
    "archives to be looked at": archiveList(
      Array.from({ length: 300 }, () => ({ kind: "needs_look", folder: word.slice(0, 255), why: "newer" })),
      NOW,
    ),
    "an archive instead of a session": archivedInstead(
      word,
      Array.from({ length: 30 }, () => archive),
      NOW,
    ),
    "a list of personas": personas.personaList(
      {
        personas: Array.from({ length: 100 }, (_, at) => personaOf(`p${at}`.padEnd(32, "-"), word)),
        faulty: [{ slug: word, fault: { kind: "bad_name" } }],
      },
      "p1",
    ),
  };

  it.each(Object.entries(sentences))("%s is said so that Telegram takes it", (_, parts) => {
    checkParts(parts);
  });

  it.each(Object.entries(faults(word)))(
    "%s keeps from archiving, or from restoring, in words",
    (_, failure) => {
      for (const parts of [
        archiving.archiveFailed(session, failure as PackFailure),
        archiving.restoreFailed(word, failure as RestoreFailure),
      ]) {
        checkParts(parts);
        expect(textOf(parts)).not.toMatch(/secret|file\.ts/);
      }
    },
  );
});

describe("a restore", () => {
  const session = sessionOf("Home");

  it("that broke down speaks of unpacking, and an archive of packing", () => {
    const failure = { kind: "worker_failed", detail: "x" } as const;
    expect(textOf(archiving.restoreFailed("Home", failure))).toMatch(/unpacking broke down/);
    expect(textOf(archiving.archiveFailed(session, failure))).toMatch(/ packing broke down/);
  });

  it.each([true, false])("promises no memory: an archive may hold none (current: %s)", (isCurrent) => {
    expect(textOf(archiving.restored(session, { isCurrent }))).toMatch(/is back/);
    expect(textOf(archiving.restored(session, { isCurrent }))).not.toMatch(/remember/);
  });
});

describe("sentences without names", () => {
  it.each<[string, Part[]]>([
    ["no current session", sessionReplies.noCurrentSession()],
    ["no such folder, and none to choose from", sessionReplies.noSuchFolder([])],
    ["how /new is written, with no folder to choose from", sessionReplies.newHelp([])],
    ["help on sessions", sessionReplies.sessionHelp()],
    ["nothing to stop", replies.stopped({ wasRunning: false, waiting: 0 })],
    ["stopping", replies.stopped({ wasRunning: true, waiting: 1 })],
    ["going on", replies.continuing()],
    ["left", replies.discarded()],
    ["a full disk", replies.waitsForRoom()],
    ["a refused part", notices.partRefused({ isTurn: true })],
    ["a bug", replies.brokeDown()],
    ["decided before", say(replies.alreadyDecided)],
    ["an old button", say(replies.pressExpired)],
    ["no sessions", sessionList({ sessions: [], currentId: undefined, isRunning: () => false, now: NOW })],
    [
      "no sessions to choose from",
      offerSessions({ sessions: [], isRunning: () => false, waiting: 1, now: NOW }),
    ],
    ["no archives", archiveList([], NOW)],
    ["no personas", personas.personaList({ personas: [], faulty: [] }, undefined)],
    ["help", notices.help([{ name: "new", description: "make a session" }])],
    [
      "status of nothing",
      notices.status({
        current: undefined,
        isRunning: false,
        waiting: [],
        held: 1,
        runningAll: 0,
        maxTurns: 4,
        sessions: 0,
        lastPollAgoMs: 1_000,
        startedAgoMs: 5,
        cli: "missing",
        ...PULSE,
      }),
    ],
  ])("%s", (_, parts) => {
    checkParts(parts);
  });

  it("status says where the session works, and its cost as every other sentence does", () => {
    const parts = notices.status({
      current: sessionOf("Home"),
      modes: { permissionMode: "plan" },
      isRunning: false,
      waiting: [],
      held: 0,
      runningAll: 0,
      maxTurns: 4,
      sessions: 1,
      lastPollAgoMs: 1_000,
      startedAgoMs: 5,
      cli: "missing",
      ...PULSE,
    });
    expect(textOf(parts)).toMatch(
      /mode plan\. It works in \/home\/Home\.\n3 turns so far, \$0\.12, 15 tokens\./,
    );
  });

  it.each([
    [0, "No session is current here."],
    [
      1,
      "No session is current here; 1 message is kept until you choose one. /session lists what there is, /new makes one.",
    ],
    [
      3,
      "No session is current here; 3 messages are kept until you choose one. /session lists what there is, /new makes one.",
    ],
  ])("status without a session says that %i are kept", (held, words) => {
    const parts = notices.status({
      current: undefined,
      isRunning: false,
      waiting: [],
      held,
      runningAll: 0,
      maxTurns: 4,
      sessions: 0,
      lastPollAgoMs: 1_000,
      startedAgoMs: 5,
      cli: "asking",
      ...PULSE,
    });
    expect(textOf(parts).split("\n")[0]).toBe(words);
  });

  it.each([
    [true, /: a turn is running and waits for an answer to what Claude asks\./],
    [false, /: a turn is running\./],
  ])("status says of a turn that runs whether it waits for the person (%s)", (isAsking, words) => {
    const parts = notices.status({
      current: sessionOf("Home"),
      isRunning: true,
      isAsking,
      waiting: [],
      held: 0,
      runningAll: 1,
      maxTurns: 4,
      sessions: 1,
      lastPollAgoMs: 1_000,
      startedAgoMs: 5,
      cli: "asking",
      ...PULSE,
    });
    expect(textOf(parts).split("\n")[0]).toMatch(words);
  });

  it("status tells that the bot is alive, and how fast, folded", () => {
    const parts = notices.status({
      current: undefined,
      isRunning: false,
      waiting: [],
      held: 0,
      runningAll: 1,
      maxTurns: 4,
      sessions: 2,
      lastPollAgoMs: 3_400,
      startedAgoMs: 3 * 86_400_000,
      cli: { version: "2.1.329" },
      standbys: 2,
      warm: { turns: 50, firstShownMs: 240, doneMs: 4_100 },
      cold: { turns: 1, firstShownMs: 1_300, doneMs: 6_000 },
      disks: {
        sessions: { device: 1, freeBytes: 12_000_000_000, totalBytes: 50_000_000_000 },
        archives: { device: 2, freeBytes: 900_000_000, totalBytes: 1_000_000_000_000 },
      },
      version: "0.1.0",
    });
    checkParts(parts);
    const [part] = parts;
    if (part?.kind !== "text") throw new Error("no text");
    const [fold] = part.content.entities;
    expect(fold?.type).toBe("expandable_blockquote");
    expect(part.content.text.slice(fold?.offset).split("\n")).toEqual([
      "Last word from Telegram 3 s ago; up for 3 days.",
      "1 of 4 turns running in all; 2 processes ready for a message.",
      "Warm start: first words after 0.2 s, all after 4.1 s (median of 50 turns).",
      "Cold start: first words after 1.3 s, all after 6.0 s (the last turn).",
      "Disk of the sessions: 12.0 GB free of 50.0 GB.",
      "Disk of the archives: 900.0 MB free of 1000.0 GB.",
      "Parley 0.1.0, Claude Code 2.1.329.",
    ]);
  });

  it("answers to a press fit in what Telegram shows of it", () => {
    for (const text of [replies.alreadyDecided, replies.cutOffArchived, replies.pressExpired])
      expect(text.length).toBeLessThanOrEqual(200);
  });

  it.each(PERSONA_FAULTS)("the fault $kind of a persona is told in words", (fault) => {
    checkParts(personas.noSuchPersona("planner", fault));
    const words = personas.personaFault(fault);
    expect(words).not.toMatch(/undefined|[a-z]_[a-z]/);
    expect(words.length).toBeGreaterThan(10);
  });
});

describe("a list that is longer than a page", () => {
  const sessions = Array.from({ length: 20 }, (_, at) => sessionOf("S", at));
  const page = (number: number) =>
    sessionList({ sessions, currentId: undefined, isRunning: () => false, now: NOW, page: number });
  const archives = Array.from({ length: 20 }, (_, at) => archiveOf("S", at));

  it.each([
    [0, 8, ["sessions:1"]],
    [1, 8, ["sessions:0", "sessions:2"]],
    [2, 4, ["sessions:1"]],
    [99, 4, ["sessions:1"]],
    [Number.POSITIVE_INFINITY, 4, ["sessions:1"]],
    [-5, 8, ["sessions:1"]],
    [0.5, 8, ["sessions:1"]],
  ])("page %d of sessions has %i, and turns to %j", (number, shown, pages) => {
    const data = buttonsOf(page(number)).map((button) => button.data);
    expect(data.filter((each) => each.startsWith("switch:"))).toHaveLength(shown);
    expect(data.filter((each) => each.startsWith("sessions:"))).toEqual(pages);
    expect(data.at(-1)).toBe("new");
  });

  it.each([
    [0, 8, ["archives:1"]],
    [2, 4, ["archives:1"]],
    [99, 4, ["archives:1"]],
    [-1, 8, ["archives:1"]],
  ])("page %d of archives has %i, and turns to %j", (number, shown, pages) => {
    const data = buttonsOf(archiveList(archives, NOW, number)).map((button) => button.data);
    expect(data.filter((each) => each.startsWith("restore:"))).toHaveLength(shown);
    expect(data.filter((each) => each.startsWith("archives:"))).toEqual(pages);
  });

  it("names every session on exactly one page", () => {
    const data = [0, 1, 2].flatMap((number) => buttonsOf(page(number)).map((button) => button.data));
    expect(data.filter((each) => each.startsWith("switch:")).sort()).toEqual(
      sessions.map(({ id }) => `switch:${id.slice(0, 8)}`).sort(),
    );
  });

  it("of archives names none of those that need a look: they may be another chat's", () => {
    const odd = ["secret-00000001", "secret-00000002"].map((folder): ListEntry => ({
      kind: "needs_look",
      folder,
      why: "newer",
    }));
    for (const entries of [odd, [...archives, ...odd]]) {
      expect(textOf(archiveList(entries, NOW))).toMatch(/2 archives on this machine need a look by hand/);
      expect(textOf(archiveList(entries, NOW))).not.toContain("secret");
    }
    expect(textOf(archiveList(odd.slice(1), NOW))).toMatch(/1 archive on this machine needs a look by hand/);
  });

  it("of archives leaves out those that are live again", () => {
    const live = archives.map((entry) => ({ ...entry, isLive: true }) as ListEntry);
    expect(textOf(archiveList(live, NOW))).toBe("Nothing is archived here.");
  });
});

it("the session and the persona that are current are marked", () => {
  const one = sessionOf("One", 1);
  const list = sessionList({ sessions: [one], currentId: one.id, isRunning: () => true, now: NOW });
  expect(textOf(list)).toContain("● One");
  expect(textOf(list)).toContain("running");
  expect(buttonsOf(list)[0]).toMatchObject({ text: "● One", style: "primary" });
  const chosen = personas.personaList(
    { personas: [personaOf("a", "A"), personaOf("b", "B")], faulty: [] },
    "b",
  );
  expect(textOf(chosen)).toMatch(/○ A[^]*● B/);
  expect(buttonsOf(chosen).map(({ text, data }) => [text, data])).toEqual([
    ["A", "persona:a"],
    ["● B", "persona:b"],
  ]);
});

it("sessions of one name are told apart on their buttons, whatever the capitals", () => {
  const sessions = [sessionOf("Two", 1), sessionOf("two", 2), sessionOf("Three", 3)];
  const list = sessionList({ sessions, currentId: undefined, isRunning: () => false, now: NOW });
  const [one = "", other = ""] = sessions.map(({ id }) => id.slice(0, 8));
  expect(one).not.toBe(other);
  expect(buttonsOf(list).map(({ text }) => text)).toEqual([
    `Two ${one}`,
    `two ${other}`,
    "Three",
    "＋ New session",
  ]);
});

it("personas are no buttons where there is no session to change", () => {
  const list = personas.personaList({ personas: [personaOf("a", "A")], faulty: [] }, undefined);
  expect(textOf(list)).toMatch(/○ A[^]*No session is current here[^]*\/new NAME PERSONA/);
  expect(buttonsOf(list)).toEqual([]);
});

describe("small words", () => {
  it.each([
    ["2026-01-02T00:00:00.000Z", "just now"],
    ["2027-01-01T00:00:00.000Z", "just now"],
    ["2026-01-01T23:55:00.000Z", "5 min ago"],
    ["2026-01-01T21:00:00.000Z", "3 h ago"],
    ["2025-12-31T00:00:00.000Z", "2 days ago"],
  ])("%s was %s", (then, words) => {
    expect(ago(then, NOW)).toBe(words);
  });

  it.each([
    [999, "999 bytes"],
    [1_500, "2 kB"],
    [3_400_000, "3.4 MB"],
    [5_000_000_000, "5.0 GB"],
  ])("%i bytes are %s", (bytes, words) => {
    expect(size(bytes)).toBe(words);
  });

  it.each([
    [20_000, "20 s"],
    [90_000, "90 s"],
    [45 * 60_000, "45 min"],
    [6 * 3_600_000, "6 h"],
    [86_400_000, "1 day"],
    [30 * 86_400_000, "30 days"],
  ])("a setting of %i ms is %s", (ms, words) => {
    expect(period(ms)).toBe(words);
  });

  it("count one and many", () => {
    expect([count(1, "turn"), count(0, "turn"), count(2, "pipe", "pipes and links")]).toEqual([
      "1 turn",
      "0 turns",
      "2 pipes and links",
    ]);
  });

  it.each(HOSTILE)("a name that is %s is clipped to one line that Telegram takes", (_, word) => {
    const clipped = clip(word, 40);
    expect(clipped.length).toBeLessThanOrEqual(40);
    expect(clipped).not.toMatch(/[\n\r\t\u2028]/);
    expect(clipped.isWellFormed()).toBe(true);
  });
});
