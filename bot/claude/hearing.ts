/**
 * What a process says, line by line, told as events: in order, none twice. Keeps
 * the count of what was heard, and tells the clocks, the course and our side of
 * the conversation of it. It does not know where the lines come from, nor how a
 * run ends.
 */
import * as control from "./control.ts";
import type { Course } from "./course.ts";
import type { ClaudeEvent, Failure } from "./events.ts";
import type { Line } from "./lines.ts";
import type { Stdin } from "./stdin.ts";
import { translate, type TranslateState } from "./translate.ts";
import type { Watchdogs } from "./watchdogs.ts";
import { readWireLine } from "./wire.ts";
import type { Withdrawals } from "./withdrawals.ts";

/** What hearing works with. */
export interface HearingDeps {
  readonly stdin: Stdin;
  readonly course: Course;
  readonly watchdogs: Watchdogs;
  readonly withdrawals: Withdrawals;
  readonly translation: TranslateState;
  readonly now: () => number;
  /** Takes each event. */
  readonly push: (event: ClaudeEvent) => void;
}

/** What was heard of one process. */
export interface Heard {
  results: number;
  lastFailure: Failure | undefined;
  readable: number;
  unreadable: number;
}

/** The ear of one run. */
export interface Hearing {
  hear(line: Line): void;
  readonly heard: Readonly<Heard>;
  /** Lines of types we do not know, and how many of each came. */
  readonly unknownLines: ReadonlyMap<string, number>;
  /** Tools that were begun and have not ended. */
  readonly openTools: number;
  /** Monotonic, in ms; the start, until a line came. */
  readonly lastLineAt: number;
}

/** Nothing was heard yet. */
export function createHearing(deps: HearingDeps): Hearing {
  const { stdin, course, watchdogs, withdrawals, translation, now, push } = deps;
  const unknownLines = new Map<string, number>();
  const openTools = new Set<string>();
  const heard: Heard = { results: 0, lastFailure: undefined, readable: 0, unreadable: 0 };
  let lastLineAt = now();

  const tell = (event: ClaudeEvent): void => {
    switch (event.type) {
      case "taken":
        stdin.noteTaken(event.messageUuid);
        break;
      case "tool_started":
        openTools.add(event.id);
        break;
      case "tool_finished":
        openTools.delete(event.id);
        break;
      case "mcp_message":
        // Read in the file of an earlier life: nobody can answer it, but what became of it may be known.
        if (!stdin.isOpen) return push({ ...event, isPast: true });
        // A tool of ours may wait for the person: its time is not the process's.
        watchdogs.asked(event.requestId, now());
        break;
      case "result":
        return tellResult(event);
      default:
    }
    push(event);
    course.note(event);
  };

  const tellResult = (event: Extract<ClaudeEvent, { type: "result" }>): void => {
    stdin.noteResult();
    openTools.clear();
    // "Stopped" is what the CLI knows; why we stopped it, only we do.
    const failure = event.failure?.kind === "stopped" ? (course.cause ?? event.failure) : event.failure;
    heard.results += 1;
    heard.lastFailure = failure;
    const told = {
      ...event,
      ...(failure === undefined ? {} : { failure }),
      ...(course.isMoreToCome ? { more: true as const } : {}),
    };
    push(told);
    course.note(told);
  };

  return {
    heard,
    unknownLines,
    get openTools() {
      return openTools.size;
    },
    get lastLineAt() {
      return lastLineAt;
    },
    hear(line) {
      lastLineAt = now();
      if (line.kind === "too_long") {
        heard.unreadable += 1;
        watchdogs.feed([], lastLineAt);
        return push({ type: "unreadable_line" });
      }
      const wire = readWireLine(line.text);
      if (wire.kind === "not_json") {
        heard.unreadable += 1;
        push({ type: "unreadable_line" });
      } else heard.readable += 1;
      if (wire.kind === "unknown") unknownLines.set(wire.type, (unknownLines.get(wire.type) ?? 0) + 1);
      const events = wire.kind === "line" ? translate(wire.line, translation) : [];
      // What an earlier life was asked nobody will answer: no clock rests for it.
      const felt = stdin.isOpen ? events : events.filter(({ type }) => type !== "permission_asked");
      watchdogs.feed(felt, lastLineAt);
      for (const event of events) tell(event);
      if (wire.kind !== "line") return;
      if (wire.line.kind === "unknown_request") stdin.write(control.unsupportedLine(wire.line.requestId));
      if (wire.line.kind === "cancel_answer")
        withdrawals.answered(wire.line.requestId, wire.line.isCancelled);
    },
  };
}
