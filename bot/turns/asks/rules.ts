/**
 * What "for this session" remembers, and what it covers. Pure. It promises never
 * to remember more than the CLI itself suggested for the very request, or the
 * request itself. It does not know how a rule is said in words.
 */
import { isAbsolute, relative } from "node:path";
import { z } from "zod";
import type { AllowRule } from "../../store/session.ts";

/** A request for a permission, as far as rules go. */
export interface RuleRequest {
  readonly toolName: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** As the CLI gave them. */
  readonly suggestions: readonly unknown[];
  readonly blockedPath?: string;
  readonly reason?: string;
}

const addRules = z.looseObject({
  type: z.literal("addRules"),
  behavior: z.literal("allow"),
  rules: z.array(z.looseObject({ toolName: z.string().min(1), ruleContent: z.string().optional() })),
});
const setMode = z.looseObject({ type: z.literal("setMode"), mode: z.literal("acceptEdits") });

const EDITS = new Set(["Edit", "Write", "MultiEdit", "NotebookEdit"]);
/** Asked for one thing at a time, always. */
const NEVER = new Set(["AskUserQuestion", "ExitPlanMode"]);
/** What a command is called with that changes nothing of what it may do. */
const HARMLESS = new Set(["command", "description", "timeout", "run_in_background"]);
/** Signs that mean something in a rule, so that a text with them is not matched as it stands. */
const SPECIAL = /[()\\\n]/;

/** The rules that would have let the request pass; none where it can only be allowed by itself. */
export function rulesFor(request: RuleRequest, cwd: string): AllowRule[] {
  const { toolName, input, suggestions } = request;
  if (NEVER.has(toolName)) return [];
  if (EDITS.has(toolName)) return editRule(request, cwd);
  const command = toolName === "Bash" && typeof input["command"] === "string" ? input["command"] : undefined;
  // Outside its sandbox a command is another matter each time.
  if (toolName === "Bash" && Object.keys(input).some((key) => !HARMLESS.has(key))) return [];
  const suggested = suggestions.flatMap((suggestion) => {
    const parsed = addRules.safeParse(suggestion);
    return parsed.success ? parsed.data.rules : [];
  });
  const rules = suggested.map(({ toolName: tool, ruleContent: content }): AllowRule => {
    if (content === undefined) return { tool };
    // A star in a command is a star; in a rule it is anything.
    const isOurs = SPECIAL.test(content) || (content === command && content.includes("*"));
    return { tool, content, ...(isOurs ? { isOurs } : {}) };
  });
  if (rules.length > 0) return rules;
  return command === undefined ? [] : [{ tool: "Bash", content: command, isOurs: true }];
}

/** Changing files where Claude works; where the CLI has another reason to ask, nothing. */
function editRule({ input, suggestions, blockedPath, reason }: RuleRequest, cwd: string): AllowRule[] {
  const path = input["file_path"] ?? input["notebook_path"];
  if (typeof path !== "string" || !isAbsolute(path) || blockedPath !== undefined || reason !== undefined)
    return [];
  const inside = relative(cwd, path);
  if (inside === "" || inside.startsWith("..") || isAbsolute(inside)) return [];
  if (!suggestions.some((suggestion) => setMode.safeParse(suggestion).success)) return [];
  const isOurs = /[*?[\]{}!]/.test(cwd) || SPECIAL.test(cwd);
  return [{ tool: "Edit", content: `/${cwd}/**`, ...(isOurs ? { isOurs } : {}) }];
}

/** Whether what was remembered covers the request. */
export function covers(rules: readonly AllowRule[], request: RuleRequest, cwd: string): boolean {
  const needed = rulesFor(request, cwd);
  return needed.length > 0 && needed.every((rule) => rules.some((known) => isSameRule(known, rule)));
}

export function isSameRule(one: AllowRule, other: AllowRule): boolean {
  return one.tool === other.tool && one.content === other.content && one.isOurs === other.isOurs;
}

/** The rules that the CLI can be given, as it spells them. */
export function handedRules(rules: readonly AllowRule[] = []): string[] {
  return rules.flatMap(({ tool, content, isOurs }) => {
    if (isOurs) return [];
    return content === undefined ? [tool] : [`${tool}(${content})`];
  });
}

/** What is remembered after one more is allowed. */
export function withRules(known: readonly AllowRule[] = [], more: readonly AllowRule[]): AllowRule[] {
  return [...known, ...more.filter((rule) => !known.some((each) => isSameRule(each, rule)))];
}
