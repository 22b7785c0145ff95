/**
 * The asks of one turn as they stand: on its sheet, and at their places in the
 * chat. What changes here changes in both, though on the disk only with a save.
 * It does not know why anything changes.
 */
import type { Stage } from "../follow.ts";
import type { Ask, AskRef, KeptAsk } from "./ask.ts";
import type { Sheet } from "./sheet.ts";

export interface Board {
  readonly sheet: Sheet;
  /** Where asks are shown from now on. */
  readonly onStage: (stage: Stage) => void;
  readonly all: () => readonly KeptAsk[];
  /** Those of one request, in order. */
  readonly of: (key: string) => KeptAsk[];
  readonly get: (n: number) => KeptAsk | undefined;
  /** The ask number `n` as the chat sees it. */
  readonly find: (n: number) => Ask | undefined;
  /** Those that wait for a decision. */
  readonly waiting: () => Ask[];
  readonly show: (n: number) => void;
  /** Changes one without showing it yet. */
  readonly set: (n: number, patch: Patch) => void;
  readonly change: (n: number, patch: Patch) => void;
  /** Adds asks, each with a number of its own. */
  readonly add: (asks: readonly Omit<KeptAsk, "n">[]) => KeptAsk[];
  readonly remove: (n: number) => void;
}

type Patch = Partial<Pick<KeptAsk, "about" | "state">>;

/** Puts up what is on `sheet`; `ref` names the turn. */
export function createBoard(sheet: Sheet, ref: Omit<AskRef, "n">): Board {
  let stage: Stage | undefined;
  const get = (n: number): KeptAsk | undefined => sheet.asks.find((ask) => ask.n === n);
  const shownAs = ({ n, about, state }: KeptAsk): Ask => ({ ...ref, n, about, state });

  function show(n: number): void {
    const ask = get(n);
    if (ask) stage?.put(`ask-${n}`, { kind: "ask", ask: shownAs(ask) });
  }

  function set(n: number, patch: Patch): void {
    sheet.asks = sheet.asks.map((ask) => (ask.n === n ? { ...ask, ...patch } : ask));
  }

  return {
    sheet,
    onStage: (given) => void (stage = given),
    all: () => sheet.asks,
    of: (key) => sheet.asks.filter((ask) => ask.key === key),
    get,
    find(n) {
      const ask = get(n);
      return ask && shownAs(ask);
    },
    waiting: () => sheet.asks.filter(({ state }) => state.kind === "waiting").map(shownAs),
    show,
    set,
    change(n, patch) {
      set(n, patch);
      show(n);
    },
    add(asks) {
      const last = Math.max(0, ...sheet.asks.map(({ n }) => n));
      const added = asks.map((ask, index) => ({ ...ask, n: last + index + 1 }));
      sheet.asks = [...sheet.asks, ...added];
      return added;
    },
    remove(n) {
      sheet.asks = sheet.asks.filter((ask) => ask.n !== n);
    },
  };
}
