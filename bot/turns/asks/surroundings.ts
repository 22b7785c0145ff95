/**
 * What a request is understood by: what was said and called before it in its
 * turn. It does not know what becomes of the request.
 */
import type { ClaudeEvent } from "../../claude/events.ts";
import type { About, AskState, KeptAsk } from "./ask.ts";
import { type Asked, type Before, describe } from "./describe.ts";

/** Follows a run of a session that works in `cwd`. */
export function createSurroundings(cwd: string) {
  let lastText = "";
  /** A newer CLI leaves the plan out of its question, though the model had put it into the call. */
  let calledWith: unknown;
  let startMode: string | undefined;

  return {
    hear(event: ClaudeEvent): void {
      if (event.type === "started") startMode ??= event.permissionMode;
      if (event.type === "text_block") lastText = event.text;
      if (event.type === "tool_started" && event.name === "ExitPlanMode") calledWith = event.input["plan"];
    },

    /** What a request asks; `before` is what the file holds that would be replaced. */
    describe: (asked: Asked, before: Before): About[] =>
      describe(asked, { cwd, lastText, calledWith, startMode, before }),
  };
}

/** An ask as it is kept, but for its number. */
export function keptOf(
  { requestId: key, toolUseId, input }: Asked,
  about: About | undefined,
  state: AskState,
): Omit<KeptAsk, "n"> {
  return { key, toolUseId, about: about ?? { kind: "plan" }, state, input };
}
