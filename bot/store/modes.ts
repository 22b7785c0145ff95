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
