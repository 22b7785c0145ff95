/**
 * The asks of a run of this life: what Claude asks is put on the stage, waits for
 * a decision for a bounded time, is written down and only then answered. The first
 * decision counts. It does not know the chat, nor other turns.
 */
import type { PermissionAnswer } from "../../claude/control.ts";
import type { ClaudeEvent } from "../../claude/events.ts";
import { type AskRef, type AskState, decided, type KeptAsk } from "./ask.ts";
import { createBoard } from "./board.ts";
import { type Asked, readBefore } from "./describe.ts";
import type { Desk } from "./desk.ts";
import { giveLate, leavePlanning, type SessionWords } from "./late.ts";
import { replyTo } from "./reply.ts";
import type { RuleRequest } from "./rules.ts";
import type { Sheet } from "./sheet.ts";
import { createSurroundings, keptOf } from "./surroundings.ts";

export interface LiveDeskDeps extends SessionWords {
  readonly sheet: Sheet;
  readonly ref: Omit<AskRef, "n">;
  readonly cwd: string;
  readonly timeoutMs: number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly answer: (key: string, answer: PermissionAnswer) => void;
  /** Whether the person allowed this before, so that nobody is asked. */
  readonly isAllowed: (request: RuleRequest) => boolean;
  readonly onBug: (error: unknown) => void;
}

const UPCOMING: AskState = { kind: "upcoming" };

/** Opens the desk of a run that this life began. */
export function openLiveDesk(deps: LiveDeskDeps): Desk {
  const { sheet } = deps;
  const board = createBoard(sheet, deps.ref);
  const surroundings = createSurroundings(deps.cwd);
  const clocks = new Map<string, AbortController>();
  /** Questions of ours, by key: who hears how they ended. */
  const posed = new Map<string, (asks: readonly KeptAsk[]) => void>();

  async function take(event: Asked): Promise<void> {
    const key = event.requestId;
    if (deps.isAllowed(event)) {
      sheet.silent = [...sheet.silent, key];
      await sheet.save();
      return deps.answer(key, { behavior: "allow", updatedInput: event.input });
    }
    // Its place is where the text ends now, though it is shown only when all of it is known.
    const [guess] = surroundings.describe(event, { isThere: false });
    const [reserved] = board.add([keptOf(event, guess, UPCOMING)]);
    if (reserved === undefined) return;
    board.show(reserved.n);
    const abouts = surroundings.describe(event, await readBefore(event));
    if (board.get(reserved.n)?.state.kind !== "upcoming") return;
    const [first, ...others] = abouts;
    if (first) board.change(reserved.n, { about: first });
    board.add(others.map((about) => keptOf(event, about, UPCOMING)));
    await next(key);
  }

  /** Asks the next of a request, or answers it when none is left. */
  async function next(key: string): Promise<void> {
    const upcoming = board.of(key).find(({ state }) => state.kind === "upcoming");
    if (upcoming === undefined) {
      stopClock(key);
      await sheet.save();
      return reply(key);
    }
    board.set(upcoming.n, { state: { kind: "waiting" } });
    // First on the disk: buttons that stand in the chat are known to the next life.
    await sheet.save();
    if (board.get(upcoming.n)?.state.kind !== "waiting") return;
    board.show(upcoming.n);
    startClock(key);
  }

  function reply(key: string): void {
    const asks = board.of(key);
    const onEnd = posed.get(key);
    posed.delete(key);
    if (onEnd) onEnd(asks);
    else deps.answer(key, replyTo(asks));
  }

  function startClock(key: string): void {
    stopClock(key);
    const clock = new AbortController();
    clocks.set(key, clock);
    void guarded(key, expireAfter(key, clock.signal));
  }

  /** Claude waits for its answer, and no clock runs meanwhile: whatever breaks on our side, it gets one. */
  async function guarded(key: string, work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      deps.onBug(error);
      for (const { n, state } of board.of(key))
        if (state.kind === "waiting" || state.kind === "upcoming")
          board.change(n, { state: { kind: "cancelled" } });
      stopClock(key);
      reply(key);
    }
  }

  async function expireAfter(key: string, signal: AbortSignal): Promise<void> {
    await deps.wait(deps.timeoutMs, signal);
    if (!signal.aborted) await expire(key);
  }

  function stopClock(key: string): void {
    clocks.get(key)?.abort();
    clocks.delete(key);
  }

  async function expire(key: string): Promise<void> {
    stopClock(key);
    for (const { n, state } of board.of(key)) {
      if (state.kind === "waiting")
        board.change(n, { state: { kind: "parked", why: "timeout", afterMs: deps.timeoutMs } });
      // What was never asked is not asked any more, and never shown.
      else if (state.kind === "upcoming") board.remove(n);
    }
    await sheet.save();
    reply(key);
  }

  /** Ends what waits, of one request or of all; how many there were. */
  function cancel(isIt: (ask: KeptAsk) => boolean): number {
    const open = board.all().filter((ask) => isIt(ask) && ["waiting", "upcoming"].includes(ask.state.kind));
    for (const { n, key } of open) {
      stopClock(key);
      posed.delete(key);
      board.change(n, { state: { kind: "cancelled" } });
    }
    return open.length;
  }

  function cancelled(isIt: (ask: KeptAsk) => boolean): void {
    if (cancel(isIt) > 0) sheet.save().catch(deps.onBug);
  }

  function hear(event: ClaudeEvent): void {
    surroundings.hear(event);
    switch (event.type) {
      case "permission_asked":
        void guarded(event.requestId, take(event));
        break;
      case "permission_cancelled":
        cancelled(({ key }) => key === event.requestId);
        break;
      case "tool_finished":
        // The CLI has answered it by itself.
        cancelled(({ toolUseId }) => toolUseId === event.id);
        break;
      case "result":
        if (!event.more) cancelled(() => true);
        break;
      case "completed":
        cancelled(() => true);
        break;
      default:
    }
  }

  return {
    listen(event, stage) {
      board.onStage(stage);
      hear(event);
    },
    find: board.find,
    kept: board.get,
    waiting: board.waiting,
    decide(n, decision) {
      const ask = board.get(n);
      const after = ask && decided(ask, decision);
      if (ask === undefined || after === undefined) return { ok: false };
      board.change(n, after);
      if (after.state.kind === "waiting") {
        startClock(ask.key);
        return { ok: true, done: saved() };
      }
      stopClock(ask.key);
      return { ok: true, done: guarded(ask.key, settle(ask, after)) };
    },
    giveLate: (n, press) => giveLate(board, n, press, deps),
    // Of a run of ours nothing is cut off.
    async leave() {},
    pose(key, questions, onEnd) {
      posed.set(key, onEnd);
      board.add(questions.map((about) => ({ key, about, state: UPCOMING })));
      for (const { n } of board.of(key)) board.show(n);
      void guarded(key, next(key));
    },
    async settled() {},
    async close() {
      cancel(() => true);
      for (const clock of clocks.values()) clock.abort();
      clocks.clear();
      // Its turn is over: what cannot be written any more must not break that.
      await sheet.close().catch(deps.onBug);
    },
  };

  async function saved(): Promise<void> {
    await sheet.save();
  }

  async function settle(
    { n, key }: KeptAsk,
    { about, state }: Pick<KeptAsk, "about" | "state">,
  ): Promise<void> {
    if (state.kind === "allowed" && state.isForSession && about.kind === "permission") {
      const isKept = await deps.remember(about.rules);
      // Claude will ask again: the person must not wonder why.
      if (!isKept) board.change(n, { state: { ...state, isForSession: false, isUnkept: true } });
    }
    if (state.kind === "approved") await leavePlanning(about, state.withEdits, deps);
    await next(key);
  }
}
