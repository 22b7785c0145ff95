/**
 * The asks of one run: what Claude asks is put on the stage, waits for a
 * decision for a bounded time, is written down and only then answered. The first
 * decision counts. For the run of an earlier life it only shows what became of
 * each. It does not know the chat, nor other turns.
 */
import type { PermissionAnswer } from "../../claude/control.ts";
import type { ClaudeEvent } from "../../claude/events.ts";
import type { AllowRule } from "../../store/session.ts";
import type { Listener, Stage } from "../follow.ts";
import {
  type Ask,
  type AskRef,
  type AskState,
  decided,
  type Decision,
  type KeptAsk,
  type Question,
} from "./ask.ts";
import { type Asked, describe, readBefore } from "./describe.ts";
import { replyTo } from "./reply.ts";
import type { RuleRequest } from "./rules.ts";
import type { Sheet } from "./sheet.ts";

export interface DeskDeps {
  readonly sheet: Sheet;
  readonly ref: Omit<AskRef, "n">;
  readonly cwd: string;
  /** The process belongs to an earlier life: nobody can answer it. */
  readonly isAdopted: boolean;
  readonly timeoutMs: number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly answer: (key: string, answer: PermissionAnswer) => void;
  /** Whether the person allowed this before, so that nobody is asked. */
  readonly isAllowed: (request: RuleRequest) => boolean;
  /** Remembers for the session; resolves when it is on the disk. */
  readonly remember: (rules: readonly AllowRule[]) => Promise<void>;
  /** Sets the mode that the session goes on in when a plan is approved. */
  readonly setMode: (mode: "default" | "acceptEdits") => Promise<void>;
  readonly onBug: (error: unknown) => void;
}

export interface Desk {
  readonly listen: Listener;
  /** The ask number `n`, as it stands. */
  find(n: number): Ask | undefined;
  /** Those that wait for a decision now. */
  waiting(): Ask[];
  /**
   * Decides. False where it was decided before or does not fit: then nothing changed. The
   * promise resolves when the decision is on the disk and Claude has its answer.
   */
  decide(n: number, decision: Decision): { ok: true; done: Promise<void> } | { ok: false };
  /** Takes a parked one up: it is given now, by another turn. False if it is not parked (any more). */
  giveLate(n: number, byUpdateId: number): Promise<boolean>;
  /** What the ask was about, as the CLI had it. */
  kept(n: number): KeptAsk | undefined;
  /**
   * Asks questions of our own, such as a tool of ours passes on; `onEnd` gets them as they ended,
   * once, unless the turn ends first. `key` is the request's own. To be called while an event is heard.
   */
  pose(key: string, questions: readonly Question[], onEnd: (asks: readonly KeptAsk[]) => void): void;
  /** Ends all waits; resolves when the record is on the disk. */
  close(): Promise<void>;
}

/** What the CLI answers itself when nobody is there any more. */
const UNHEARD = /permission stream closed/i;

/** Opens the desk of one run. */
export function openDesk(deps: DeskDeps): Desk {
  const { sheet, isAdopted } = deps;
  const clocks = new Map<string, AbortController>();
  /** Questions of ours, by key: who hears how they ended. */
  const posed = new Map<string, (asks: readonly KeptAsk[]) => void>();
  let stage: Stage | undefined;
  let lastText = "";
  /** A newer CLI leaves the plan out of its question, though the model had put it into the call. */
  let calledWith: unknown;
  let startMode: string | undefined;
  let hasResult = false;

  const ofKey = (key: string): KeptAsk[] => sheet.asks.filter((ask) => ask.key === key);
  const byNumber = (n: number): KeptAsk | undefined => sheet.asks.find((ask) => ask.n === n);
  const asShown = ({ n, about, state }: KeptAsk): Ask => ({ ...deps.ref, n, about, state });

  function change(n: number, patch: Partial<Pick<KeptAsk, "about" | "state">>): void {
    sheet.asks = sheet.asks.map((ask) => (ask.n === n ? { ...ask, ...patch } : ask));
    show(n);
  }

  function show(n: number): void {
    const ask = byNumber(n);
    if (ask) stage?.put(`ask-${n}`, { kind: "ask", ask: asShown(ask) });
  }

  function add(asks: readonly Omit<KeptAsk, "n">[]): KeptAsk[] {
    const last = Math.max(0, ...sheet.asks.map(({ n }) => n));
    const added = asks.map((ask, index) => ({ ...ask, n: last + index + 1 }));
    sheet.asks = [...sheet.asks, ...added];
    return added;
  }

  // === asking

  async function take(event: Asked): Promise<void> {
    const key = event.requestId;
    if (deps.isAllowed(event)) {
      sheet.silent = [...sheet.silent, key];
      await sheet.save();
      return deps.answer(key, { behavior: "allow", updatedInput: event.input });
    }
    // Its place is where the text ends now, though it is shown only when all of it is known.
    const [reserved] = add([keptOf(event, describe(event, { ...context(), before: { isThere: false } })[0])]);
    if (reserved === undefined) return;
    show(reserved.n);
    const abouts = describe(event, { ...context(), before: await readBefore(event) });
    if (byNumber(reserved.n)?.state.kind !== "upcoming") return;
    const [first, ...others] = abouts;
    if (first) change(reserved.n, { about: first });
    add(others.map((about) => keptOf(event, about)));
    await next(key);
  }

  const context = () => ({ cwd: deps.cwd, lastText, calledWith, startMode });

  function keptOf(event: Asked, about: KeptAsk["about"] | undefined, state: AskState = { kind: "upcoming" }) {
    return {
      key: event.requestId,
      toolUseId: event.toolUseId,
      about: about ?? ({ kind: "plan" } as const),
      state,
      input: event.input,
    };
  }

  /** Asks the next of a request, or answers it when none is left. */
  async function next(key: string): Promise<void> {
    const upcoming = ofKey(key).find(({ state }) => state.kind === "upcoming");
    if (upcoming === undefined) {
      stopClock(key);
      await sheet.save();
      return reply(key);
    }
    sheet.asks = sheet.asks.map((ask) =>
      ask.n === upcoming.n ? { ...ask, state: { kind: "waiting" } as const } : ask,
    );
    // First on the disk: buttons that stand in the chat are known to the next life.
    await sheet.save();
    if (byNumber(upcoming.n)?.state.kind !== "waiting") return;
    show(upcoming.n);
    startClock(key);
  }

  function reply(key: string): void {
    const asks = ofKey(key);
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
      for (const { n, state } of ofKey(key))
        if (state.kind === "waiting" || state.kind === "upcoming")
          change(n, { state: { kind: "cancelled" } });
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
    for (const { n, state } of ofKey(key)) {
      if (state.kind === "waiting") change(n, { state: parked("timeout") });
      // What was never asked is not asked any more, and never shown.
      else if (state.kind === "upcoming") sheet.asks = sheet.asks.filter((ask) => ask.n !== n);
    }
    await sheet.save();
    reply(key);
  }

  const parked = (why: "timeout" | "restart"): AskState => ({
    kind: "parked",
    why,
    ...(why === "timeout" ? { afterMs: deps.timeoutMs } : {}),
  });

  // === what an earlier life left

  /** Nobody can answer: what waited is parked, at the place where it stood. */
  function recall(event: Asked): void {
    if (sheet.silent.includes(event.requestId)) return;
    if (ofKey(event.requestId).length === 0) {
      const [about] = describe(event, { ...context(), before: { isThere: true } });
      add([keptOf(event, about, parked("restart"))]);
    }
    recallAll(event.requestId);
  }

  function recallAll(key: string): void {
    for (const { n, state } of ofKey(key)) {
      if (state.kind === "waiting") change(n, { state: parked("restart") });
      else if (state.kind !== "upcoming") show(n);
    }
  }

  /** Ends what waits, of one request or of all. */
  function cancel(isIt: (ask: KeptAsk) => boolean): void {
    const open = sheet.asks.filter((ask) => isIt(ask) && ["waiting", "upcoming"].includes(ask.state.kind));
    for (const { n, key } of open) {
      stopClock(key);
      posed.delete(key);
      change(n, { state: { kind: "cancelled" } });
    }
    if (open.length > 0) sheet.save().catch(deps.onBug);
  }

  /** An answer that was written down, but that the process did not get any more. */
  function takeBack(ask: KeptAsk): void {
    if (ask.about.kind === "question") return;
    if (ask.state.kind === "allowed" || ask.state.kind === "approved")
      change(ask.n, { state: parked("restart") });
  }

  function hear(event: ClaudeEvent): void {
    switch (event.type) {
      case "started":
        startMode ??= event.permissionMode;
        break;
      case "text_block":
        lastText = event.text;
        break;
      case "tool_started":
        if (event.name === "ExitPlanMode") calledWith = event.input["plan"];
        break;
      case "permission_asked":
        if (isAdopted) recall(event);
        else void guarded(event.requestId, take(event));
        break;
      case "permission_cancelled":
        cancel(({ key }) => key === event.requestId);
        break;
      case "tool_finished":
        // The CLI has answered it by itself.
        cancel(({ toolUseId }) => toolUseId === event.id);
        if (isAdopted && event.isError && UNHEARD.test(event.text))
          for (const ask of sheet.asks) if (ask.toolUseId === event.id) takeBack(ask);
        break;
      case "result":
        hasResult = true;
        if (!event.more) cancel(() => true);
        break;
      case "completed":
        cancel(() => true);
        // Cut off with its process: the person is asked about the turn as a whole.
        if (!hasResult && isAdopted)
          for (const { n, state } of sheet.asks)
            if (state.kind === "parked" && state.why === "restart")
              change(n, { state: { kind: "cancelled" } });
        break;
      default:
    }
  }

  return {
    listen(event, given) {
      stage = given;
      hear(event);
    },
    find(n) {
      const ask = byNumber(n);
      return ask && asShown(ask);
    },
    kept: byNumber,
    waiting: () => sheet.asks.filter(({ state }) => state.kind === "waiting").map(asShown),
    decide(n, decision) {
      const ask = byNumber(n);
      const after = ask && decided(ask, decision);
      if (ask === undefined || after === undefined) return { ok: false };
      change(n, after);
      if (after.state.kind === "waiting") {
        startClock(ask.key);
        return { ok: true, done: saved() };
      }
      stopClock(ask.key);
      return { ok: true, done: guarded(ask.key, settle(ask.key, after)) };
    },
    async giveLate(n, byUpdateId) {
      const ask = byNumber(n);
      if (ask?.state.kind === "again" && ask.state.byUpdateId === byUpdateId) return true;
      if (ask?.state.kind !== "parked" || ask.about.kind === "question") return false;
      change(n, { state: { kind: "again", byUpdateId } });
      await leavePlanning(ask.about, false);
      await sheet.save();
      return true;
    },
    pose(key, questions, onEnd) {
      if (isAdopted) return recallAll(key);
      posed.set(key, onEnd);
      add(questions.map((about) => ({ key, about, state: { kind: "upcoming" } as const })));
      for (const { n } of ofKey(key)) show(n);
      void guarded(key, next(key));
    },
    async close() {
      for (const clock of clocks.values()) clock.abort();
      clocks.clear();
      // Its turn is over: what cannot be written any more must not break that.
      if (sheet.asks.length > 0) await sheet.save().catch(deps.onBug);
    },
  };

  async function saved(): Promise<void> {
    await sheet.save();
  }

  /** Else the next turn would begin to plan again. */
  async function leavePlanning(about: KeptAsk["about"], withEdits: boolean): Promise<void> {
    if (withEdits) await deps.setMode("acceptEdits");
    else if (about.kind === "plan" && about.isSessionMode) await deps.setMode("default");
  }

  async function settle(key: string, { about, state }: Pick<KeptAsk, "about" | "state">): Promise<void> {
    if (state.kind === "allowed" && state.isForSession && about.kind === "permission")
      await deps.remember(about.rules);
    if (state.kind === "approved") await leavePlanning(about, state.withEdits);
    await next(key);
  }
}
