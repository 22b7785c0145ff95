/**
 * What the tests of the turns share: a Claude that says what the test says, a
 * chat that writes down what it was told, and a house on the disk around them.
 */
import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import type { TurnTook } from "../../bot/turns/latencies.ts";
import type { Claude, ClaudeRun, RunRequest } from "../../bot/claude/claude.ts";
import type { PermissionAnswer } from "../../bot/claude/control.ts";
import { createEventQueue } from "../../bot/claude/event-queue.ts";
import type { UserMessage } from "../../bot/claude/control.ts";
import type { ClaudeEvent, Failure } from "../../bot/claude/events.ts";
import type { AdoptRequest } from "../../bot/claude/claude-run.ts";
import type { Taken } from "../../bot/turns/standby/standbys.ts";
import type { Waiting } from "../../bot/claude/waiting.ts";
import type { Identity } from "../../bot/claude/identity.ts";
import { type AppendFile, openAppendFile } from "../../bot/store/append-file.ts";
import { createPersonas } from "../../bot/store/personas.ts";
import type { Session } from "../../bot/store/session.ts";
import type { AttachmentDeps } from "../../bot/turns/attachments.ts";
import type { Entry, Fact } from "../../bot/turns/facts.ts";
import type { KeptOrder } from "../../bot/turns/order.ts";
import { createAsks } from "../../bot/turns/asks/asks.ts";
import { openKnownJournal } from "./open-journal.ts";
import { createSnapshots } from "../../bot/store/snapshots/snapshots.ts";
import { createChanges } from "../../bot/turns/changes/changes.ts";
import { createKept } from "../../bot/turns/kept.ts";
import { createParcels } from "../../bot/turns/parcels.ts";
import { createBudget } from "../../bot/turns/usage/budget.ts";
import { createLedger } from "../../bot/turns/usage/ledger.ts";
import { createTurns } from "../../bot/turns/turns.ts";
import type { Place, TurnView, WaitEnd, WaitReason } from "../../bot/turns/view.ts";
import { createOne, startManager, tempPaths } from "../store/room.ts";

export const PLACE = { chatId: 7 };

/** An order of the one person, as a message `messageId`. */
export const orderOf = (text: string, messageId = 1): KeptOrder => ({
  place: PLACE,
  createdBy: 7,
  messageId,
  text,
});

/** A result with sensible fields. */
export function resultOf(given: Partial<Extract<ClaudeEvent, { type: "result" }>> = {}): ClaudeEvent {
  return {
    type: "result",
    ok: given.failure === undefined,
    text: "",
    source: "stream",
    claudeSessionId: "00000000-0000-4000-8000-00000000000c",
    usage: { costUsd: 0.5, inputTokens: 10, outputTokens: 2 },
    durationMs: 1,
    numTurns: 1,
    denials: [],
    ...given,
  };
}

/** A run in the test's hands. */
export interface ScriptedRun {
  readonly run: ClaudeRun;
  readonly interrupts: number;
  /** Why it was to be ended, each time. */
  readonly ends: readonly Failure[];
  /** The messages that were written into it. */
  readonly sent: UserMessage[];
  /** Lets it take messages from now on, as a process does until it is answered. With `withdrawable` they can be taken back. */
  readonly open: (options?: { withdrawable?: boolean }) => void;
  readonly close: () => void;
  /** What it was answered, in order: the request's id and the answer. */
  readonly answers: readonly (readonly [string, PermissionAnswer])[];
  readonly say: (...events: readonly ClaudeEvent[]) => void;
  /** The process is gone. */
  readonly exit: (failure?: Failure) => void;
  /** Says `text`, gives a result, and is gone. */
  readonly answer: (text: string) => void;
  /** A bug of ours. */
  readonly breakDown: (error: Error) => void;
}

/** Makes a run; `identity` is what its process is known by. */
export function scriptRun(identity?: Identity): ScriptedRun {
  const queue = createEventQueue<ClaudeEvent>();
  const answers: [string, PermissionAnswer][] = [];
  const ends: Failure[] = [];
  let interrupts = 0;
  const sent: UserMessage[] = [];
  let mode: { withdrawable?: boolean } | undefined;
  const run: ClaudeRun = {
    events: queue.values,
    identity: Promise.resolve(identity),
    unknownLines: new Map(),
    interrupt: () => void (interrupts += 1),
    get takesMessages() {
      return mode !== undefined;
    },
    send(message) {
      if (mode === undefined) return false;
      sent.push(message);
      return true;
    },
    withdraw: async () => mode?.withdrawable === true,
    answer: (requestId, answer) => void answers.push([requestId, answer]),
    answerMcp() {},
    end: (reason) => void ends.push(reason),
  };
  const scripted: ScriptedRun = {
    run,
    answers,
    ends,
    sent,
    open: (options = {}) => void (mode = options),
    close: () => void (mode = undefined),
    get interrupts() {
      return interrupts;
    },
    say: (...events) => events.forEach((event) => queue.push(event)),
    exit: (failure) => {
      queue.push(failure ? { type: "completed", ok: false, failure } : { type: "completed", ok: true });
      queue.end();
    },
    answer: (text) => {
      scripted.say({ type: "text_block", text }, resultOf({ text }));
      scripted.exit();
    },
    breakDown: (error) => queue.fail(error),
  };
  return scripted;
}

/** A Claude whose every run is the test's. */
export function scriptClaude() {
  const starts: RunRequest[] = [];
  const adopts: AdoptRequest[] = [];
  const cleared: string[] = [];
  const swept: string[] = [];
  const runs: ScriptedRun[] = [];
  const waiting = new Map<number, (run: ScriptedRun) => void>();

  let begin: (run: ScriptedRun) => void = () => {};

  function next(identity?: Identity): ClaudeRun {
    const scripted = scriptRun(identity);
    runs.push(scripted);
    begin(scripted);
    waiting.get(runs.length - 1)?.(scripted);
    return scripted.run;
  }

  const claude: Claude = {
    start(request) {
      starts.push(request);
      return next({ pid: 1_000 + starts.length, startTime: "1", bootId: "b" });
    },
    adopt(request) {
      adopts.push(request);
      return next(request.identity);
    },
    wait: async () => ({ ok: false, failure: { kind: "stopped" } }),
    clearOutput: async (outFile) => void cleared.push(outFile),
    sweep: async (marker) => {
      swept.push(marker);
      return 0;
    },
  };
  return {
    claude,
    starts,
    adopts,
    cleared,
    swept,
    runs,
    /** Does something with each run before anyone else has it. */
    onStart: (act: (run: ScriptedRun) => void): void => void (begin = act),
    /** The run that was or will be made as number `index`. */
    run: (index: number): Promise<ScriptedRun> =>
      new Promise((resolve) => {
        const known = runs[index];
        if (known) resolve(known);
        else waiting.set(index, resolve);
      }),
  };
}

/** What one turn's chat was told. */
export interface Told {
  readonly order: KeptOrder;
  readonly entry: Entry | undefined;
  readonly updates: TurnView[];
  readonly finished: TurnView[];
}

/** What a house may be given besides its own; without them no file is fetched and nothing is heard. */
export interface HouseOptions extends Partial<Pick<AttachmentDeps, "fetchFile" | "transcribe">> {
  readonly maxTurns?: number;
  readonly hasRoom?: () => boolean;
  /** Default: everywhere. */
  readonly mayWorkIn?: (cwd: string) => boolean;
  /** Default: none. */
  readonly budgetUsd?: number;
  /** Default: off. */
  readonly snapshots?: "off" | "auto";
  /** None is taken before this resolves. */
  readonly holdSnapshots?: Promise<void>;
  /** The disk fails in this way when two of them are to be kept. */
  readonly snapshotsFault?: Error;
  /** The time of day for sessions and what turns cost; else it ticks for those, and stands still for these. */
  readonly now?: () => Date;
  /** What waits for the next message of any session. */
  readonly waiting?: () => Waiting | undefined;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Everything there is without a chat: real files in a temporary folder, real time replaced by a count. */
export async function makeHouse(options: HouseOptions = {}) {
  const paths = await tempPaths();
  for (const folder of [paths.folders.sessions, paths.folders.archive, paths.folders.personas])
    await mkdir(folder, { recursive: true });
  await writeFile(join(paths.folders.personas, "default.md"), "Be kind.");
  const configDir = join(dirname(paths.folders.sessions), "claude");
  const files: AppendFile[] = [];
  const drains: (() => Promise<void>)[] = [];
  const closes: (() => Promise<void>)[] = [];
  onTestFinished(async () => {
    for (const drain of drains) await drain();
    for (const close of closes) await close();
    for (const file of files) await file.close();
  });
  const clock = options.now ? { now: options.now } : {};
  const session = await createOne((await startManager(paths, clock)).sessions, { place: PLACE });

  /** One life of the bot on the same disk. */
  async function live() {
    const { sessions } = await startManager(paths, clock);
    const journal = await openKnownJournal({
      path: paths.journal,
      badPath: paths.journalBad,
      now: () => new Date("2026-01-01T00:00:00.000Z"),
      pause: async () => {},
      open: async (path) => {
        const file = await openAppendFile(path);
        files.push(file);
        return file;
      },
    });
    const scripted = scriptClaude();
    const told = new Map<number, Told>();
    const took: TurnTook[] = [];
    const words = new Set<number>();
    const ends = new Map<number, (view: TurnView) => void>();
    const facts: [number, Fact["state"]][] = [];
    const again: number[] = [];
    const ticks: (() => void)[] = [];
    const stalls: { place: Place; count: number }[] = [];
    const waits: [number, WaitReason | WaitEnd][] = [];
    let notesLeft = Number.POSITIVE_INFINITY;
    let onDeath = (): void => {};
    const noting = {
      ...journal,
      note: (id: number, fact: Fact): Promise<void> => {
        if (notesLeft <= 0) {
          onDeath();
          return new Promise(() => {});
        }
        notesLeft -= 1;
        facts.push([id, fact.state]);
        return journal.note(id, fact);
      },
    };
    const prepared: string[] = [];
    const dropped: string[] = [];
    let tick = 0;
    const asks = createAsks({
      sessions,
      paths,
      logger: pino({ level: "silent" }),
      wait: options.wait ?? (() => new Promise(() => {})),
      askTimeoutMs: 900_000,
    });
    const snapshots = createSnapshots({
      path: process.env["PATH"] ?? "",
      home: undefined,
      closed: [],
      umask: 0o022,
    });
    let taken = 0;
    const changes = createChanges({
      snapshots: {
        ...snapshots,
        take: (...request) =>
          (options.holdSnapshots ?? Promise.resolve())
            .then(() => snapshots.take(...request))
            .finally(() => (taken += 1)),
        keep: (...request) =>
          options.snapshotsFault ? Promise.reject(options.snapshotsFault) : snapshots.keep(...request),
      },
      mode: options.snapshots ?? "off",
      sessions,
      paths,
      now: () => new Date("2026-01-01T00:00:00.000Z"),
      logger: pino({ level: "silent" }),
    });
    const standbys = {
      prepare: (id: string) => void prepared.push(id),
      hold() {},
      release() {},
      take: async (): Promise<Taken | undefined> => {
        const waiting = options.waiting?.();
        return waiting && { waiting, hadWaited: true };
      },
      drop: async (id: string) => void dropped.push(id),
    };
    const asked: Place[] = [];
    const ledger = createLedger({
      path: paths.usage,
      now: options.now ?? (() => new Date("2026-01-01T00:00:00.000Z")),
    });
    const budget = createBudget({
      ledger,
      path: paths.budget,
      limitUsd: options.budgetUsd,
      now: options.now ?? (() => new Date("2026-01-01T00:00:00.000Z")),
    });
    closes.push(() => ledger.close());
    await budget.load();
    const turns = createTurns({
      ledger,
      budget,
      asks,
      changes,
      standbys,
      claude: scripted.claude,
      sessions,
      onBug: (error) => {
        throw error;
      },
      personas: createPersonas({ folder: paths.folders.personas }),
      paths,
      configDir,
      fetchFile: options.fetchFile ?? (async () => ({ ok: false, kind: "gone" })),
      transcribe: options.transcribe ?? (async () => ({ ok: false, kind: "not_set_up" })),
      permissionMode: "default",
      mayWorkIn: options.mayWorkIn ?? (() => true),
      journal: noting,
      logger: pino({ level: "silent" }),
      now: () => new Date("2026-01-01T00:00:00.000Z"),
      nowMs: () => (tick += 1),
      newId: randomUUID,
      checkpoint: () => {},
      maxTurns: options.maxTurns ?? 4,
      onTook: (one) => void took.push(one),
      hasRoom: () => options.hasRoom?.() ?? true,
      wait: (_, signal) =>
        new Promise((resolve) => {
          ticks.push(resolve);
          signal.addEventListener("abort", () => resolve(), { once: true });
        }),
      tellHeld: (place) => void asked.push(place),
      tellStalled: ({ place, count }) => void stalls.push({ place, count }),
      waits: {
        changed: () => {},
        waits: ({ updateId }, reason) => void waits.push([updateId, reason]),
        over: ({ updateId }, end) => void waits.push([updateId, end]),
      },
      callbacksFor({ updateId, order, entry }) {
        const mine: Told = { order, entry, updates: [], finished: [] };
        told.set(updateId, mine);
        return {
          update: (view) => mine.updates.push(view),
          lastWords: () => void words.add(updateId),
          async finish(view) {
            // As the outbox does it.
            const isOpen = view.outcome?.kind === "interrupted";
            await noting.note(
              updateId,
              isOpen ? { state: "interrupted" } : { state: "done", why: "answered" },
            );
            mine.finished.push(view);
            ends.get(updateId)?.(view);
          },
          addNote: () => {},
        };
      },
    });
    const kept = createKept({
      journal: noting,
      turns,
      handle: ({ id }) => again.push(id),
    });
    // No tarball is an archive.
    const parcels = createParcels({
      archives: { claims: async () => ({ ok: false, failure: { kind: "absent" } }) },
      archiving: { restoreFrom: async () => ({ ok: false, failure: { kind: "absent" } }) },
      sessions,
      paths,
      fetchFile: options.fetchFile ?? (async () => ({ ok: false, kind: "gone" })),
      findFolder: async () => undefined,
      defaultPersona: "default",
      now: () => new Date("2026-01-01T00:00:00.000Z"),
      logger: pino({ level: "silent" }),
    });
    const state = { isClosed: false };
    // What a test left under way still writes to the folder that is about to go.
    drains.push(async () => {
      let idle: Promise<void> | undefined;
      while (!state.isClosed && idle === undefined) {
        for (const run of scripted.runs) run.exit({ kind: "stopped" });
        await new Promise((resolve) => setImmediate(resolve));
        idle = turns.exclusive(session.id, async () => {});
      }
      await idle;
    });
    return {
      ...scripted,
      sessions,
      /** Dies when it is to write one more than so many facts: nothing that waits for one goes on. Resolves when it is dead. */
      dieAfter: (notes: number): Promise<void> =>
        new Promise((resolve) => {
          notesLeft = notes;
          onDeath = () => {
            state.isClosed = true;
            turns.close();
            resolve();
          };
        }),
      asks,
      parcels,
      changes,
      ledger,
      budget,
      /** How many snapshots were taken. */
      snapshotsTaken: (): number => taken,
      journal: noting,
      turns: {
        ...turns,
        close: (): void => {
          state.isClosed = true;
          turns.close();
        },
      },
      told,
      /** Turns whose last words were shown. */
      words,
      kept,
      /** Where the person was asked for a session for what waits. */
      asked,
      /** Kept updates that were given back to be handled. */
      again,
      /** What was told of turns that were over. */
      took,
      facts,
      /** Ends every wait. */
      passTime: (): void => ticks.splice(0).forEach((end) => end()),
      /** What waited and why, and how that ended. */
      waits,
      /** Where, and of how many messages, the person was told that they are kept because of a terminal. */
      stalls,
      /** The last view of a turn, when it comes. */
      end: (updateId: number): Promise<TurnView> =>
        new Promise((resolve) => {
          const known = told.get(updateId)?.finished[0];
          if (known) resolve(known);
          else ends.set(updateId, resolve);
        }),
    };
  }

  /** Writes what an earlier life's process said in a turn. */
  async function leaveOutput(of: Session, updateId: number, text: string): Promise<void> {
    const { root, out, err } = paths.turn(of.folder, updateId);
    await mkdir(root, { recursive: true });
    await writeFile(out, text);
    await writeFile(err, "");
  }

  return { paths, session, configDir, live, leaveOutput };
}

/** Waits for what needs nothing more from the test. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
