/**
 * Words of the CLI that our own files may hold. A word that is not here is a
 * fault of the file, never passed on: a mode decides what Claude may do.
 */
import { z } from "zod";

/** What the CLI may do without asking. Newer CLIs also say `manual` for `default`. */
export const permissionModeSchema = z.enum([
  "default",
  "acceptEdits",
  "plan",
  "auto",
  "bypassPermissions",
  "dontAsk",
]);
export type PermissionMode = z.infer<typeof permissionModeSchema>;

/** How hard the model thinks. */
export const effortSchema = z.enum(["low", "medium", "high", "xhigh", "max"]);
export type Effort = z.infer<typeof effortSchema>;

/** An alias or a full name of a model, safe as an argument: it can never be read as a flag. */
export const modelSchema = z.string().regex(/^[A-Za-z0-9][\w.:/@[\]-]{0,199}$/);

/** What a session is run with. An absent one is left to the CLI. */
export interface Modes {
  readonly model?: string;
  readonly effort?: Effort;
  readonly permissionMode?: PermissionMode;
}

/** What holds for a session: its own word, then its persona's, then `permissionMode`. */
export function modesOf(
  session: Modes,
  persona: Modes,
  permissionMode: PermissionMode,
): Modes & { readonly permissionMode: PermissionMode } {
  const model = session.model ?? persona.model;
  const effort = session.effort ?? persona.effort;
  return {
    ...(model === undefined ? {} : { model }),
    ...(effort === undefined ? {} : { effort }),
    permissionMode: session.permissionMode ?? persona.permissionMode ?? permissionMode,
  };
}

const WORDS = { effort: effortSchema, permissionMode: permissionModeSchema } as const;

/** Reads what a person typed; undefined if it is none. Capitals count in a model's name only. */
export function readMode(key: keyof Modes, word: string): string | undefined {
  if (key === "model") return modelSchema.safeParse(word).data;
  const lower = word.toLowerCase();
  const meant = lower === "manual" ? "default" : lower;
  return WORDS[key].options.find((option) => option.toLowerCase() === meant);
}
