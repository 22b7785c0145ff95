/**
 * What the CLI is answered when all that one request asks is decided. Pure. The
 * words here are for the model.
 */
import type { PermissionAnswer } from "../../claude/control.ts";
import type { KeptAsk } from "./ask.ts";

const REJECTED =
  "The user does not want this tool use to go ahead. It was rejected: nothing of it was done, and for a file edit nothing was written.";

/** The answer to the request that `asks` (all of one key, none waiting) came from. */
export function replyTo(asks: readonly KeptAsk[]): PermissionAnswer {
  const [first] = asks;
  if (first === undefined) return { behavior: "deny", message: REJECTED };
  return first.about.kind === "question" ? replyToQuestions(asks) : replyToOne(first);
}

function replyToOne({ about, state, input = {} }: KeptAsk): PermissionAnswer {
  switch (state.kind) {
    case "allowed":
      return { behavior: "allow", updatedInput: input };
    case "approved":
      return {
        behavior: "allow",
        updatedInput: input,
        ...(state.withEdits
          ? { updatedPermissions: [{ type: "setMode", mode: "acceptEdits", destination: "session" }] }
          : {}),
      };
    case "denied":
      return {
        behavior: "deny",
        message:
          state.reason === undefined
            ? `${REJECTED} Do not try to do the same in another way. Go on without it, or say what you need.`
            : `${REJECTED} The user said:\n${state.reason}`,
      };
    case "change":
      return {
        behavior: "deny",
        message: `The user wants the plan changed before anything is done. They said:\n${state.wish}\nChange the plan and present it again.`,
      };
    case "stopped":
      return { behavior: "deny", message: "The user stopped here.", interrupt: true };
    default: {
      const after =
        state.kind === "parked" && state.afterMs !== undefined ? ` within ${span(state.afterMs)}` : "";
      const rest =
        about.kind === "plan"
          ? "Carry nothing out. End your turn now and say that the plan waits for an answer."
          : "It was not done. The user may allow it later. Do what can be done without it, and say what is left.";
      return { behavior: "deny", message: `Nobody answered${after}. ${rest}` };
    }
  }
}

function replyToQuestions(asks: readonly KeptAsk[]): PermissionAnswer {
  const answers: Record<string, string> = {};
  for (const { about, state } of asks)
    if (about.kind === "question" && state.kind === "answered") answers[about.question] = state.answer;
  const isLeft = asks.some(({ state }) => state.kind === "parked");
  if (isLeft && Object.keys(answers).length === 0)
    return {
      behavior: "deny",
      message:
        "Nobody answered the question in time. Go on without an answer where you can, and say what you assumed; else end your turn.",
    };
  return { behavior: "allow", updatedInput: { ...asks[0]?.input, answers } };
}

/** "15 minutes", "90 seconds". */
function span(ms: number): string {
  return ms >= 120_000 ? `${Math.round(ms / 60_000)} minutes` : `${Math.round(ms / 1_000)} seconds`;
}
