/** The processes that wait, with a Claude that says what the test says; what real ones do is in test/e2e/standby.test.ts. */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import type { Claude } from "../../bot/claude/claude.ts";
import { createDeferred } from "../../bot/claude/deferred.ts";
import type { Failure } from "../../bot/claude/events.ts";
import type { Waiting } from "../../bot/claude/waiting.ts";
import { createPersonas } from "../../bot/store/personas.ts";
import type { Session } from "../../bot/store/session.ts";
import { planNext } from "../../bot/turns/standby/standby.ts";
import { createStandbys, type StandbysDeps, type Taken } from "../../bot/turns/standby/standbys.ts";
import { createOne, startManager, tempPaths } from "../store/room.ts";

/** A waiting process in the test's hands. */
interface Scripted {
  readonly waiting: Waiting;
  readonly cwd: string;
  isReady: boolean;
  isOther: boolean;
  isEnded: boolean;
  go(): void;
}

async function makePool(given: Partial<StandbysDeps> = {}) {
  const paths = await tempPaths();
  for (const folder of [paths.folders.sessions, paths.folders.personas])
    await mkdir(folder, { recursive: true });
  const persona = (text: string) => writeFile(join(paths.folders.personas, "default.md"), text);
  await persona("Be kind.");
  const configDir = join(dirname(paths.folders.sessions), "claude");
  const { sessions } = await startManager(paths);
  const started: Scripted[] = [];
  const time = { nowMs: 0, freeMb: 4_000 };
  const idles: (() => void)[] = [];

  const starts: { hold?: Promise<void>; failure?: Failure } = {};

  const wait: Claude["wait"] = async ({ marker, cwd }) => {
    await starts.hold;
    if (starts.failure) return { ok: false, failure: starts.failure };
    const gone = createDeferred<void>();
    let isGone = false;
    const go = (): void => {
      isGone = true;
      gone.resolve();
    };
    const one: Scripted = {
      cwd,
      isReady: true,
      isOther: false,
      isEnded: false,
      go,
      waiting: {
        marker,
        identity: { pid: 1_000 + started.length, startTime: "1", bootId: "b" },
        get isAlive() {
          return !isGone;
        },
        get isReady() {
          return one.isReady;
        },
        ready: Promise.resolve(),
        gone: gone.promise,
        isFor: async () => !one.isOther,
        take: () => Promise.reject(new Error("not in this test")),
        async end() {
          one.isEnded = true;
          go();
        },
      },
    };
    started.push(one);
    return { ok: true, waiting: one.waiting };
  };
  const deps: StandbysDeps = {
    claude: { wait } as Claude,
    sessions,
    personas: createPersonas({ folder: paths.folders.personas }),
    paths,
    configDir,
    permissionMode: "default",
    mayWorkIn: () => true,
    logger: pino({ level: "silent" }),
    now: () => new Date("2026-01-01T00:00:00.000Z"),
    nowMs: () => time.nowMs,
    newId: randomUUID,
    checkpoint: () => {},
    answerMcp: async () => ({}),
    freeMb: () => time.freeMb,
    wait: (_, signal) =>
      new Promise((resolve) => {
        idles.push(resolve);
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve(), { once: true });
      }),
    max: 2,
    minFreeMb: 1_024,
    idleMs: 600_000,
    ...given,
  };
  const pool = createStandbys(deps);
  /** A session that is current in a topic of its own. */
  async function current(threadId: number): Promise<Session> {
    const place = { chatId: 7, threadId };
    const session = await createOne(sessions, { place });
    const made = await sessions.makeCurrent(place, session.id);
    if (!made.ok) throw new Error(made.kind);
    return made.session;
  }
  const waitingFor = (): string[] => pool.list().map(({ sessionId }) => sessionId);
  /** Prepares one and waits until it is there. */
  async function prepared(session: Session): Promise<Scripted> {
    const before = started.length;
    pool.prepare(session.id);
    await expect.poll(() => started.length).toBe(before + 1);
    await expect.poll(waitingFor).toContain(session.id);
    return started[before] as Scripted;
  }
  async function take(
    session: Session,
    unwanted: AbortSignal = new AbortController().signal,
  ): Promise<Taken | undefined> {
    const plan = await planNext(deps, session);
    return plan && pool.take(session, plan, unwanted);
  }
  return {
    pool,
    paths,
    sessions,
    current,
    prepared,
    take,
    started,
    starts,
    waitingFor,
    time,
    idles,
    persona,
    configDir,
  };
}

describe("what waits", () => {
  it("is not there for a session whose folder was closed to sessions, and ends at the next look where it was", async () => {
    const open = { is: true };
    const { pool, current, prepared, started } = await makePool({ mayWorkIn: () => open.is });
    const one = await prepared(await current(1));
    const other = await current(2);
    open.is = false;
    pool.prepare(other.id);
    pool.checkAll();
    await expect.poll(() => one.isEnded).toBe(true);
    expect([started.length, pool.list()]).toEqual([1, []]);
  });

  it("is given to the next turn of its session, once, and no other is started while that one has it", async () => {
    const { pool, current, prepared, take, started, waitingFor } = await makePool();
    const session = await current(1);
    const one = await prepared(session);
    pool.hold(session.id);
    expect(await take(session)).toEqual({ waiting: one.waiting, hadWaited: true });
    pool.prepare(session.id);
    pool.release(session.id);
    expect(waitingFor()).toEqual([]);
    expect(one.isEnded).toBe(false);
    await prepared(session);
    expect(started).toHaveLength(2);
  });

  it("stays where it still fits, however often it is asked for", async () => {
    const { pool, current, prepared, take, started } = await makePool();
    const session = await current(1);
    await prepared(session);
    for (let times = 0; times < 3; times += 1) pool.prepare(session.id);
    expect(await take(session)).toEqual({ waiting: started[0]?.waiting, hadWaited: true });
    expect(started).toHaveLength(1);
  });

  it.each([
    ["its arguments are others", async ({ one }: { one: Scripted }) => void (one.isOther = true)],
    ["it is gone", async ({ one }: { one: Scripted }) => one.go()],
    [
      "its persona says something else",
      async ({ persona }: { persona: (text: string) => Promise<void> }) => persona("Be brief."),
    ],
    [
      "the conversation has gone on",
      async ({ conversation }: { conversation: string }) => writeFile(conversation, "{}\n{}\n"),
    ],
    [
      "the person's own instructions are others",
      async ({ configDir }: { configDir: string }) => writeFile(join(configDir, "CLAUDE.md"), "Be brief."),
    ],
  ])("is killed and not used where %s", async (_, change) => {
    const { current, prepared, take, started, persona, configDir, waitingFor } = await makePool();
    const session = await current(1);
    const folder = join(configDir, "projects", "any");
    await mkdir(folder, { recursive: true });
    const conversation = join(folder, `${session.claudeSessionId}.jsonl`);
    await writeFile(conversation, "{}\n");
    const one = await prepared(session);
    await change({ one, persona, configDir, conversation });
    expect(await take(session)).toMatchObject({ hadWaited: false });
    expect(one.isEnded).toBe(true);
    expect(started).toHaveLength(2);
    expect(waitingFor()).toEqual([]);
  });

  it("makes room for another without anybody waiting for its end", async () => {
    const { current, prepared, waitingFor } = await makePool();
    const [first, second, third] = [await current(1), await current(2), await current(3)];
    const oldest = await prepared(first);
    Object.assign(oldest.waiting, { end: () => new Promise(() => {}) });
    await prepared(second);
    await prepared(third);
    expect(waitingFor()).toEqual([second.id, third.id]);
  });

  it("is wanted only for a session that is current, and for the last ones only", async () => {
    const { pool, sessions, current, prepared, started, waitingFor } = await makePool();
    const [first, second, third] = [await current(1), await current(2), await current(3)];
    const aside = await createOne(sessions, { place: { chatId: 7 } });
    pool.prepare(aside.id);
    const oldest = await prepared(first);
    await prepared(second);
    await prepared(third);
    expect(waitingFor()).toEqual([second.id, third.id]);
    expect(oldest.isEnded).toBe(true);
    expect(started).toHaveLength(3);
  });

  it("goes after a while without use, and leaves no file", async () => {
    const { current, prepared, waitingFor, idles, paths } = await makePool();
    const one = await prepared(await current(1));
    idles.forEach((end) => end());
    await expect.poll(() => one.isEnded).toBe(true);
    expect(waitingFor()).toEqual([]);
    await expect.poll(() => readdir(paths.standbys)).toEqual([]);
  });

  it("is not started where memory is short, nor where it is turned off", async () => {
    const { pool, current, started, time, prepared } = await makePool();
    const session = await current(1);
    time.freeMb = 1_000;
    pool.prepare(session.id);
    await pool.drop(session.id);
    time.freeMb = 4_000;
    const other = await makePool({ max: 0 });
    const off = await other.current(1);
    other.pool.prepare(off.id);
    await other.pool.drop(off.id);
    expect(started).toEqual([]);
    expect(other.started).toEqual([]);
    expect(await other.take(off)).toMatchObject({ hadWaited: false });
    await prepared(session);
  });

  it("is there after a restart, too, for the sessions used last, if that is not long ago", async () => {
    const { pool, sessions, current, waitingFor } = await makePool({
      idleMs: Number.MAX_SAFE_INTEGER / 1_000,
    });
    const all = [await current(1), await current(2), await current(3)];
    await sessions.update(all[0]?.id ?? "", { name: "used last" });
    pool.prepareRecent();
    await expect.poll(() => new Set(waitingFor())).toEqual(new Set([all[0]?.id, all[2]?.id]));
    const later = await makePool({ idleMs: 0, now: () => new Date("2100-01-01") });
    await later.current(1);
    later.pool.prepareRecent();
    await later.prepared(await later.current(2));
    expect(later.started).toHaveLength(1);
  });

  it("is, where none does, started at once for a message that is there, whatever the bounds; its folder goes with the turn", async () => {
    const { pool, paths, current, take, started, waitingFor, time } = await makePool();
    const session = await current(1);
    time.freeMb = 10;
    pool.hold(session.id);
    expect(await take(session)).toEqual({ waiting: started[0]?.waiting, hadWaited: false });
    expect(waitingFor()).toEqual([]);
    expect(await readdir(paths.standbys)).toHaveLength(1);
    pool.release(session.id);
    await expect.poll(() => readdir(paths.standbys)).toEqual([]);
  });

  it("is not waited for when it does not start in time, or when nobody wants it any more; what comes later is ended", async () => {
    const { paths, current, take, started, idles, starts } = await makePool();
    const session = await current(1);
    const late = createDeferred<void>();
    starts.hold = late.promise;
    const first = take(session);
    await expect.poll(() => idles.length).toBe(1);
    idles[0]?.();
    expect(await first).toBeUndefined();
    const stop = new AbortController();
    const second = take(session, stop.signal);
    stop.abort();
    expect(await second).toBeUndefined();
    late.resolve();
    await expect.poll(() => started.map(({ isEnded }) => isEnded)).toEqual([true, true]);
    await expect.poll(() => readdir(paths.standbys)).toEqual([]);
  });

  it("is not there for a turn where it cannot be started: the turn finds out why", async () => {
    const { paths, current, take, starts } = await makePool();
    const session = await current(1);
    starts.failure = { kind: "cli_missing", file: "claude", code: "ENOENT" };
    expect(await take(session)).toBeUndefined();
    expect(await readdir(paths.standbys)).toEqual([]);
    await writeFile(`${paths.standbys}-beside`, "");
    await rm(paths.standbys, { recursive: true });
    // As a full disk would.
    await rename(`${paths.standbys}-beside`, paths.standbys);
    expect(await take(session)).toBeUndefined();
  });

  it("is nothing any more once its session is dropped, and at the end", async () => {
    const { pool, current, prepared, waitingFor } = await makePool();
    const [first, second] = [await current(1), await current(2)];
    const [one, other] = [await prepared(first), await prepared(second)];
    await pool.drop(first.id);
    expect(one.isEnded).toBe(true);
    expect(waitingFor()).toEqual([second.id]);
    await pool.close();
    expect(other.isEnded).toBe(true);
    pool.prepare(first.id);
    expect(waitingFor()).toEqual([]);
  });

  it("is nothing any more, and costs the bot no more than a line, where it goes by itself and its end breaks", async () => {
    const logged: string[] = [];
    const logger = pino({ level: "warn" }, { write: (line: string) => void logged.push(line) });
    const { current, prepared, waitingFor } = await makePool({ logger });
    const one = await prepared(await current(1));
    Object.assign(one.waiting, { end: () => Promise.reject(new Error("EIO")) });
    one.go();
    await expect.poll(() => logged.join("")).toContain("a standby broke down");
    expect(waitingFor()).toEqual([]);
  });
});

describe("the look at what waits", () => {
  it("ends what is stuck in its handshake, and what waits where memory has become short", async () => {
    const { pool, current, prepared, time } = await makePool();
    const stuck = await prepared(await current(1));
    stuck.isReady = false;
    const good = await prepared(await current(2));
    time.nowMs += 59_000;
    pool.checkAll();
    time.nowMs += 2_000;
    pool.checkAll();
    await expect.poll(() => stuck.isEnded).toBe(true);
    expect(good.isEnded).toBe(false);
    time.freeMb = 500;
    pool.checkAll();
    await expect.poll(() => good.isEnded).toBe(true);
  });

  it("starts another where the persona was edited, and none where someone works on the conversation elsewhere", async () => {
    const { pool, current, prepared, persona, configDir, started, waitingFor } = await makePool();
    const session = await current(1);
    const folder = join(configDir, "projects", "any");
    await mkdir(folder, { recursive: true });
    const conversation = join(folder, `${session.claudeSessionId}.jsonl`);
    await writeFile(conversation, "{}\n");
    const one = await prepared(session);
    await persona("Be brief.");
    pool.checkAll();
    await expect.poll(() => started.length).toBe(2);
    await expect.poll(waitingFor).toEqual([session.id]);
    expect(one.isEnded).toBe(true);
    await writeFile(conversation, "{}\n{}\n");
    pool.checkAll();
    await expect.poll(() => started[1]?.isEnded).toBe(true);
    await pool.drop(session.id);
    expect(started).toHaveLength(2);
  });
});
