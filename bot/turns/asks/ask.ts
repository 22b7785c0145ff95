/**
 * What Claude asks of the person in a turn: a permission, a question, a plan.
 * The shapes as the chat sees them and as `asks.json` keeps them. Pure. It does
 * not know who answers, nor how.
 */
import { z } from "zod";
import { allowRuleSchema } from "../../store/session.ts";

/** What exactly a tool would do. */
const doing = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("command"), command: z.string() }),
  /** A file made or changed: lines of a diff, each with its sign. `unread`: what is replaced could not be compared. */
  z.object({
    kind: z.literal("change"),
    path: z.string(),
    diff: z.string(),
    of: z.enum(["new", "known", "unread"]),
  }),
  z.object({ kind: z.literal("fetch"), url: z.string(), prompt: z.string() }),
  /** Anything else, with its input as JSON. `server` is the MCP server's name. */
  z.object({
    kind: z.literal("tool"),
    server: z.string().exactOptional(),
    tool: z.string(),
    input: z.string(),
  }),
]);
export type Doing = z.infer<typeof doing>;

const permission = z.object({
  kind: z.literal("permission"),
  toolName: z.string(),
  doing,
  /** What the model says that it is for. */
  description: z.string().exactOptional(),
  /** Why the CLI asks, in its words. */
  reason: z.string().exactOptional(),
  blockedPath: z.string().exactOptional(),
  /** What "for this session" would remember; empty where nothing can be remembered exactly. */
  rules: z.array(allowRuleSchema),
});

const question = z.object({
  kind: z.literal("question"),
  question: z.string(),
  header: z.string(),
  options: z.array(z.object({ label: z.string(), description: z.string() })),
  isMulti: z.boolean(),
  /** Options that are ticked so far, where several may be. */
  chosen: z.array(z.int()),
  /** The how-maniest of how many that are asked in one go, from 1. */
  number: z.int(),
  of: z.int(),
});

/**
 * Without `markdown`, the plan is the last thing that Claude said. `isSessionMode`: the turn began in
 * plan mode, so the next would, too; Go ends that.
 */
const plan = z.object({
  kind: z.literal("plan"),
  markdown: z.string().exactOptional(),
  isSessionMode: z.boolean().exactOptional(),
});

const about = z.discriminatedUnion("kind", [permission, question, plan]);
export type Permission = z.infer<typeof permission>;
export type Question = z.infer<typeof question>;
export type Plan = z.infer<typeof plan>;
export type About = z.infer<typeof about>;

const state = z.discriminatedUnion("kind", [
  /** Not shown yet: being looked into, or behind another question. */
  z.object({ kind: z.literal("upcoming") }),
  z.object({ kind: z.literal("waiting") }),
  /** `isUnkept`: for the session was meant, and there was no room to keep that. */
  z.object({
    kind: z.literal("allowed"),
    isForSession: z.boolean(),
    isUnkept: z.literal(true).exactOptional(),
  }),
  z.object({ kind: z.literal("denied"), reason: z.string().exactOptional() }),
  z.object({ kind: z.literal("answered"), answer: z.string() }),
  z.object({ kind: z.literal("skipped") }),
  /** A plan is carried out; `withEdits`: files are changed without a question from here on. */
  z.object({ kind: z.literal("approved"), withEdits: z.boolean() }),
  z.object({ kind: z.literal("change"), wish: z.string() }),
  z.object({ kind: z.literal("stopped") }),
  /**
   * Nobody answered: in time, before the bot was restarted, or before the turn was cut off. A permission or a plan
   * can still be given, in another turn.
   */
  z.object({
    kind: z.literal("parked"),
    why: z.enum(["timeout", "restart", "cut_off"]),
    afterMs: z.number().exactOptional(),
  }),
  /** A parked one was given, by this update. */
  z.object({ kind: z.literal("again"), byUpdateId: z.int() }),
  /** The turn ended, or Claude asks no more. */
  z.object({ kind: z.literal("cancelled") }),
]);
export type AskState = z.infer<typeof state>;

/** One ask as it is kept. Those of one request to us share its `key`. */
export const keptAsk = z.object({
  n: z.int(),
  key: z.string(),
  toolUseId: z.string().exactOptional(),
  about,
  state,
  /** What the tool was called with: goes back with an allowance, and is compared when it is asked again. */
  input: z.record(z.string(), z.unknown()).exactOptional(),
});
export type KeptAsk = z.infer<typeof keptAsk>;

/** One ask as the chat sees it. The first three name it for good. */
export interface Ask {
  /** The first 8 digits of the session's id. */
  readonly session: string;
  readonly updateId: number;
  /** Its number within the turn, from 1. */
  readonly n: number;
  readonly about: About;
  readonly state: AskState;
}

/** Whether an ask that nobody answered can still be given. */
export function isGivable({ about, state }: Pick<Ask, "about" | "state">): boolean {
  return state.kind === "parked" && about.kind !== "question";
}

/** What names an ask. */
export type AskRef = Pick<Ask, "session" | "updateId" | "n">;

/** What a person says to an ask. */
export type Decision =
  | { readonly verb: "allow"; readonly isForSession: boolean }
  | { readonly verb: "deny"; readonly reason?: string }
  /** An option: the answer, or ticked where several may be. */
  | { readonly verb: "pick"; readonly option: number }
  /** What is ticked is the answer. */
  | { readonly verb: "done" }
  | { readonly verb: "skip" }
  | { readonly verb: "say"; readonly text: string }
  | { readonly verb: "go"; readonly withEdits: boolean }
  | { readonly verb: "change"; readonly wish: string }
  | { readonly verb: "stop" };

/**
 * What becomes of an ask by a decision; undefined where the two do not fit, or it
 * waits no more. A question that goes on has a new `about`.
 */
export function decided(
  { about, state }: Pick<KeptAsk, "about" | "state">,
  decision: Decision,
): { readonly about: About; readonly state: AskState } | undefined {
  if (state.kind !== "waiting") return undefined;
  const next = (after: AskState) => ({ about, state: after });
  switch (about.kind) {
    case "permission":
      if (decision.verb === "allow") {
        const isForSession = decision.isForSession && about.rules.length > 0;
        return next({ kind: "allowed", isForSession });
      }
      if (decision.verb !== "deny") return undefined;
      return next({ kind: "denied", ...(decision.reason === undefined ? {} : { reason: decision.reason }) });
    case "question":
      return decidedQuestion(about, decision);
    case "plan":
      if (decision.verb === "go") return next({ kind: "approved", withEdits: decision.withEdits });
      if (decision.verb === "change") return next({ kind: "change", wish: decision.wish });
      return decision.verb === "stop" ? next({ kind: "stopped" }) : undefined;
  }
}

function decidedQuestion(
  about: Question,
  decision: Decision,
): { readonly about: About; readonly state: AskState } | undefined {
  const labels = about.chosen.flatMap((at) => about.options[at]?.label ?? []);
  const answer = (text: string) => ({ about, state: { kind: "answered", answer: text } as const });
  switch (decision.verb) {
    case "pick": {
      const option = about.options[decision.option];
      if (option === undefined) return undefined;
      if (!about.isMulti) return answer(option.label);
      const isTicked = about.chosen.includes(decision.option);
      const chosen = isTicked
        ? about.chosen.filter((at) => at !== decision.option)
        : [...about.chosen, decision.option].sort((one, other) => one - other);
      return { about: { ...about, chosen }, state: { kind: "waiting" } };
    }
    case "done":
      return labels.length === 0 ? undefined : answer(labels.join(", "));
    case "say":
      return answer([...labels, decision.text].join(", "));
    case "skip":
      return { about, state: { kind: "skipped" } };
    default:
      return undefined;
  }
}
