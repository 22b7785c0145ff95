/**
 * What a tool is used on, in one line. Pure.
 */

const TITLE_UNITS = 160;

/** What a tool is used on, in one line: the command, the path, the address. */
export function toolTitle(input: Record<string, unknown>): string {
  for (const key of [
    "command",
    "file_path",
    "notebook_path",
    "path",
    "url",
    "pattern",
    "query",
    "description",
    "prompt",
  ]) {
    const value = input[key];
    if (typeof value !== "string" || value === "") continue;
    const line = value.replace(/\s+/g, " ").trim();
    return line.length <= TITLE_UNITS ? line : `${line.slice(0, TITLE_UNITS - 1).toWellFormed()}…`;
  }
  return "";
}
