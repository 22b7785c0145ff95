/**
 * The asks of a run that an earlier life began, or that is over: nobody can
 * answer its process. Each is shown as what became of it, at the place where it
 * stood; what had waited can only be given late. It promises that what may be
 * pressed under them is on the disk before the turn's answer is.
 */
import type { ClaudeEvent } from "../../claude/events.ts";
import type { AskRef, AskState, KeptAsk } from "./ask.ts";
import { createBoard } from "./board.ts";
import type { Asked } from "./describe.ts";
import type { Desk } from "./desk.ts";
import { giveLate, type SessionWords } from "./late.ts";
import type { Sheet } from "./sheet.ts";
import { createSurroundings, keptOf } from "./surroundings.ts";

export interface PastDeskDeps extends SessionWords {
  readonly sheet: Sheet;
  readonly ref: Omit<AskRef, "n">;
  readonly cwd: string;
  readonly onBug: (error: unknown) => void;
}

/** What the CLI answers itself when nobody is there any more. */
const UNHEARD = /permission stream closed/i;

const PARKED: AskState = { kind: "parked", why: "restart" };

/** Opens the desk of a run of an earlier life. */
export function openPastDesk(deps: PastDeskDeps): Desk {
  const { sheet, ref, cwd, onBug } = deps;
  sheet.asks = leftBehind(sheet.asks);
  const board = createBoard(sheet, ref);
  const surroundings = createSurroundings(cwd);
  let hasResult = false;
  let isChanged = false;

  function change(n: number, state: AskState): void {
    isChanged = true;
    board.change(n, { state });
  }

  function recall(asked: Asked): void {
    if (sheet.silent.includes(asked.requestId)) return;
    if (board.of(asked.requestId).length === 0) {
      // It came when nobody was there, or had not been shown.
      const [about] = surroundings.describe(asked, { isThere: true });
      board.add([keptOf(asked, about, PARKED)]);
      isChanged = true;
    }
    showAll(asked.requestId);
  }

  function showAll(key: string): void {
    for (const { n } of board.of(key)) board.show(n);
  }

  const isParked = ({ about, state }: KeptAsk): boolean =>
    state.kind === "parked" && state.why === "restart" && about.kind !== "question";

  /** How its tool ended says whether the process had heard the answer. */
  function toolFinished({ id, isError, text }: Extract<ClaudeEvent, { type: "tool_finished" }>): void {
    const isUnheard = isError && UNHEARD.test(text);
    for (const ask of board.all()) {
      if (ask.toolUseId !== id || ask.about.kind === "question") continue;
      const isYes = ask.state.kind === "allowed" || ask.state.kind === "approved";
      if (isUnheard && isYes) change(ask.n, PARKED);
      // It was given when there was no room to write that down.
      if (!isError && isParked(ask))
        change(
          ask.n,
          ask.about.kind === "plan"
            ? { kind: "approved", withEdits: false }
            : { kind: "allowed", isForSession: false },
        );
    }
  }

  /** It ended with its process: where that was cut off, the person is asked about the turn as a whole, and this is one of the answers. */
  function endWithTurn(isStopped: boolean): void {
    for (const { n, about, state } of board.all()) {
      if (state.kind !== "parked" || state.why !== "restart") continue;
      const isOver = isStopped || about.kind === "question";
      change(n, isOver ? { kind: "cancelled" } : { kind: "parked", why: "cut_off" });
    }
  }

  return {
    listen(event, stage) {
      board.onStage(stage);
      surroundings.hear(event);
      if (event.type === "permission_asked") recall(event);
      if (event.type === "tool_finished") toolFinished(event);
      if (event.type === "result") hasResult = true;
      if (event.type === "completed" && !hasResult)
        endWithTurn(!event.ok && event.failure.kind === "stopped");
    },
    find: board.find,
    kept: board.get,
    waiting: () => [],
    decide: () => ({ ok: false }),
    giveLate: (n, press) => giveLate(board, n, press, deps),
    async leave() {
      const parked = board.all().filter(({ state }) => state.kind === "parked" && state.why === "cut_off");
      for (const { n } of parked) board.change(n, { state: { kind: "cancelled" } });
      if (parked.length > 0) await sheet.save();
    },
    pose: showAll,
    async settled() {
      if (!isChanged) return;
      isChanged = false;
      await sheet.save().catch(onBug);
    },
    async close() {
      await sheet.close().catch(onBug);
    },
  };
}

/** What is left of asks when nobody can answer them any more; what was never shown is not. */
function leftBehind(asks: readonly KeptAsk[]): readonly KeptAsk[] {
  return asks
    .filter(({ state }) => state.kind !== "upcoming")
    .map((ask) => (ask.state.kind === "waiting" ? { ...ask, state: PARKED } : ask));
}
