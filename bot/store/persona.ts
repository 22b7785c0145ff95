/**
 * What a persona is: the text of one file becomes a value or a fault. Pure. It
 * promises that no value it gives can be read as a flag by the CLI. It knows Claude
 * Code's own agent files and ignores the keys that are not for us.
 */
import { z } from "zod";
import { type FrontMatterFault, splitFrontMatter } from "./front-matter.ts";
import { effortSchema, modelSchema, permissionModeSchema } from "./modes.ts";
import type { Effort, PermissionMode } from "./modes.ts";

/** Who Claude is in a session. An absent field leaves it to the CLI. */
export interface Persona {
  readonly slug: string;
  readonly name: string;
  /** One line for a list; may be empty. */
  readonly description: string;
  readonly model?: string;
  readonly effort?: Effort;
  readonly permissionMode?: PermissionMode;
  /** Rules that need no permission, e.g. `Bash(git *)`. */
  readonly allowedTools: readonly string[];
  readonly disallowedTools: readonly string[];
  /** The only built-in tools there are; absent means all, empty means none. */
  readonly tools?: readonly string[];
  /** The system prompt; never empty. */
  readonly prompt: string;
}

/** Why a file is no persona. Facts; the sentence is the chat's. */
export type PersonaFault =
  | { readonly kind: "bad_name" }
  | { readonly kind: "not_a_file" }
  /** A link that leads out of the folder. */
  | { readonly kind: "outside" }
  | { readonly kind: "unreadable"; readonly code: string }
  | { readonly kind: "too_big"; readonly maxBytes: number }
  | { readonly kind: "not_text" }
  | FrontMatterFault
  /** `key` as the file spells it; `expected` follows "must be". */
  | { readonly kind: "bad_value"; readonly key: string; readonly expected: string }
  | { readonly kind: "empty_prompt" };

export type PersonaRead =
  | { readonly ok: true; readonly persona: Persona }
  | { readonly ok: false; readonly fault: PersonaFault };

const MAX_DESCRIPTION = 200;
const TOOL = /^(?:\*|[A-Za-z_][^\p{Cc}]{0,499})$/u;

const line = z.string().transform((text) => text.replace(/\s+/g, " ").trim());
/** A list of YAML, or one text with commas; a comma inside brackets belongs to its rule. */
const toolList = z
  .union([z.string().transform(splitRules), z.array(z.string().transform((text) => text.trim()))])
  .refine((rules) => rules.every((rule) => TOOL.test(rule)));
const model = z
  .string()
  .transform((text) => text.trim())
  .refine((text) => text === "" || modelSchema.safeParse(text).success)
  .transform((text) => (text === "" || text === "inherit" ? undefined : text));
const mode = z.preprocess((value) => (value === "manual" ? "default" : value), permissionModeSchema);

const oneOf = (words: readonly string[]): string => `one of ${words.join(", ")}`;

/** Each key: its spellings, what it must be, and how to say so. */
const KEYS = {
  name: { spelled: ["name"], schema: line, expected: "text" },
  description: { spelled: ["description"], schema: line, expected: "text" },
  model: { spelled: ["model"], schema: model, expected: "the name of a model" },
  effort: { spelled: ["effort"], schema: effortSchema, expected: oneOf(effortSchema.options) },
  permissionMode: {
    spelled: ["permission_mode", "permissionMode"],
    schema: mode,
    expected: oneOf(permissionModeSchema.options),
  },
  allowedTools: { spelled: ["allowed_tools", "allowedTools"], schema: toolList, expected: "a list of tools" },
  disallowedTools: {
    spelled: ["disallowed_tools", "disallowedTools"],
    schema: toolList,
    expected: "a list of tools",
  },
  tools: { spelled: ["tools"], schema: toolList, expected: "a list of tools" },
} as const;
type Key = keyof typeof KEYS;
type Values = { [K in Key]?: z.output<(typeof KEYS)[K]["schema"]> };

/** Reads the text of `<slug>.md`. */
export function parsePersona(slug: string, text: string): PersonaRead {
  const split = splitFrontMatter(text);
  if (!split.ok) return split;
  const values: Record<string, unknown> = {};
  for (const [key, { spelled, schema, expected }] of Object.entries(KEYS)) {
    for (const spelling of spelled) {
      const value = Object.hasOwn(split.keys, spelling) ? split.keys[spelling] : undefined;
      // `model:` with nothing behind it is how people leave a key out.
      if (value === undefined || value === null) continue;
      const parsed = schema.safeParse(value);
      if (!parsed.success) return { ok: false, fault: { kind: "bad_value", key: spelling, expected } };
      values[key] = parsed.data;
    }
  }
  const prompt = split.body.trim();
  if (prompt === "") return { ok: false, fault: { kind: "empty_prompt" } };
  return { ok: true, persona: personaOf(slug, values, prompt) };
}

function personaOf(slug: string, values: Values, prompt: string): Persona {
  const { tools } = values;
  return {
    slug,
    name: shorten(values.name || titleOf(slug), 64),
    description: shorten(values.description ?? "", MAX_DESCRIPTION),
    ...(values.model !== undefined && { model: values.model }),
    ...(values.effort !== undefined && { effort: values.effort }),
    ...(values.permissionMode !== undefined && { permissionMode: values.permissionMode }),
    allowedTools: values.allowedTools ?? [],
    disallowedTools: values.disallowedTools ?? [],
    ...(tools !== undefined && !tools.includes("*") && { tools }),
    prompt,
  };
}

function titleOf(slug: string): string {
  const words = slug.replaceAll(/[-_]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function shorten(text: string, max: number): string {
  const letters = Array.from(text);
  return letters.length <= max
    ? text
    : `${letters
        .slice(0, max - 1)
        .join("")
        .trimEnd()}…`;
}

function splitRules(text: string): string[] {
  const rules: string[] = [];
  let depth = 0;
  let rule = "";
  for (const letter of text) {
    if (letter === "(") depth += 1;
    if (letter === ")") depth -= 1;
    if (letter === "," && depth <= 0) {
      rules.push(rule);
      rule = "";
    } else rule += letter;
  }
  return [...rules, rule].map((each) => each.trim()).filter((each) => each !== "");
}
