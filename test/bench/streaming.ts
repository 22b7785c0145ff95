/**
 * What a look at a growing answer costs, and what it would cost to render all of
 * it each time. Pure arithmetic over the presenter: no chat, no process.
 */
import type { TurnView } from "../../bot/turns/view.ts";
import { type Rendered, presentLive } from "../../bot/telegram/presenter/turn.ts";
import type { Row } from "./row.ts";

const VIEW: TurnView = {
  phase: "working",
  text: "",
  interludes: [],
  tools: [],
  isCompacting: false,
  notes: [],
  background: [],
  isResting: false,
};
const GLANCE = { nowMs: 0, stepMs: 10_000 };
const LENGTHS = [1_000, 10_000, 100_000];
/** About what a model says between two edits. In UTF-16 units. */
const EDIT_UNITS = 300;
const ROUNDS = 7;

/** Ours: a look that keeps what was rendered. Theirs: one that renders all. In ms, a number a round, alternating. */
export async function measure(): Promise<Row[]> {
  const text = answer(LENGTHS.at(-1) ?? 0);
  // The first calls run slowly, whoever makes them.
  for (let round = 0; round < 5; round += 1) presentLive({ ...VIEW, text: text.slice(0, 8_000) }, GLANCE);
  const rows: Row[] = [];
  for (const length of LENGTHS) {
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      const rendered: Rendered = new Map();
      presentLive({ ...VIEW, text: text.slice(0, length - EDIT_UNITS) }, GLANCE, rendered);
      const view = { ...VIEW, text: text.slice(0, length) };
      ours.push(timed(() => presentLive(view, GLANCE, rendered)));
      theirs.push(timed(() => presentLive(view, GLANCE)));
    }
    const name = `an edit of an answer of ${length.toLocaleString("en")} characters, against rendering all`;
    rows.push({ name, unit: "ms", ours, theirs, goal: "as long at any length" });
  }
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < 3; round += 1) {
    const rendered: Rendered = new Map();
    ours.push(timed(() => stream(text.slice(0, 20_000), rendered)));
    theirs.push(timed(() => stream(text.slice(0, 20_000))));
  }
  const name = "all edits of an answer of 20,000 characters, against rendering all each time";
  return [...rows, { name, unit: "ms", ours, theirs, goal: "as the text, not as its square" }];
}

function stream(text: string, rendered?: Rendered): void {
  for (let end = EDIT_UNITS; end < text.length; end += EDIT_UNITS)
    presentLive({ ...VIEW, text: text.slice(0, end) }, GLANCE, rendered);
}

function timed(work: () => void): number {
  const from = performance.now();
  work();
  return performance.now() - from;
}

/** Headings, paragraphs, lists, code, tables, as models write them. */
function answer(units: number): string {
  let text = "";
  for (let at = 0; text.length < units; at += 1)
    text += `## Part ${at}

The **queue** in [\`src/queue.ts\`](https://example.org/${at}) holds what waits; \`take()\` gives the next one, and a[${at}] is what it was before that.

1. First the *lock* is taken, and then what was written is read again.
2. Then the rest, as far as there is any:
   - one that is nested
   - another one

\`\`\`ts
const value${at} = await take(${at});
if (value${at} === undefined) return;
\`\`\`

| file | lines |
|------|------:|
| a.ts | ${at} |

`;
  return text.slice(0, units);
}
