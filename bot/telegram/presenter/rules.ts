/**
 * What a rule of a session allows, in words. Pure. It never says less than the
 * rule allows.
 */
import type { AllowRule } from "../../store/session.ts";
import { code, f, type Formatted, join } from "../formatted.ts";
import { visible } from "../visible.ts";
import { clip } from "./words.ts";

/** "every command that begins with `npm install`". */
export function ruleWords({ tool, content, isOurs }: AllowRule): Formatted {
  const shown = (text: string): Formatted => code(clip(visible(text), 300));
  const [, server, name] = /^mcp__(.+?)(?:__(.+))?$/.exec(tool) ?? [];
  if (server !== undefined && content === undefined)
    return name === undefined
      ? f`every tool of ${shown(server)}`
      : f`every use of the tool ${shown(name)} of ${shown(server)}`;
  if (content === undefined) return f`every use of ${shown(tool)}`;
  const [, beginning] = /^([^*]+?)(?::\*| \*)$/.exec(content) ?? [];
  const [, folder] = /^\/(\/[^*]*?)\/\*\*$/.exec(content) ?? [];
  switch (tool) {
    case "Bash":
      if (isOurs) return f`exactly this command: ${shown(content)}`;
      if (beginning !== undefined) return f`every command that begins with ${shown(beginning)}`;
      return content.includes("*")
        ? f`every command that looks like ${shown(content)}`
        : f`exactly this command: ${shown(content)}`;
    case "Edit":
      if (folder !== undefined) return f`every change of files in ${shown(folder)}`;
      break;
    case "Read":
      if (folder !== undefined) return f`reading everything in ${shown(folder)}`;
      break;
    case "WebFetch":
      if (content.startsWith("domain:")) return f`reading every page of ${shown(content.slice(7))}`;
      break;
    default:
  }
  return f`what fits ${shown(`${tool}(${content})`)}`;
}

const LABEL_UNITS = 45;

/** What a button calls a rule: its command, its page, or the end of its path, which tells it from others. */
export function ruleLabel({ tool, content }: AllowRule): string {
  const shown = visible(content ?? tool);
  const [, path] = /^\/(\/.*?)(?:\/\*\*)?$/.exec(shown) ?? [];
  if (path === undefined || path.length < LABEL_UNITS) return clip(path ?? shown, LABEL_UNITS);
  return `…${path.slice(1 - LABEL_UNITS).toWellFormed()}`;
}

/** Why a press to take one back does nothing, in a few words. */
export const notAllowedAnyMore = "That is not allowed any more.";

/** All of them, in one sentence. */
export function allRules(rules: readonly AllowRule[]): Formatted {
  return join(rules.map(ruleWords), ", and ");
}
