/**
 * Markdown with YAML on top, between two lines of `---`. Pure. It promises a value
 * or the place of the fault, whatever the text is. It does not know any key but the
 * two that hold prose.
 */
import { parse, YAMLParseError } from "yaml";

/** Why the front matter cannot be read. `line` counts from the top of the file. */
export type FrontMatterFault =
  | { readonly kind: "unclosed_front_matter" }
  | { readonly kind: "bad_yaml"; readonly line?: number };

/** The keys of the front matter and what follows it. */
export type FrontMatter =
  | { ok: true; keys: Readonly<Record<string, unknown>>; body: string }
  | { ok: false; fault: FrontMatterFault };

/** Splits a Markdown file. Without front matter it is all body. */
export function splitFrontMatter(text: string): FrontMatter {
  const whole = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  if (!/^---[ \t]*\n/.test(whole)) return { ok: true, keys: {}, body: whole };
  const start = whole.indexOf("\n") + 1;
  const end = /^---[ \t]*$/m.exec(whole.slice(start));
  if (end === null) return { ok: false, fault: { kind: "unclosed_front_matter" } };
  const yaml = whole.slice(start, start + end.index);
  const body = whole.slice(start + end.index + end[0].length + 1);
  const first = read(yaml);
  const parsed = first.ok ? first : better(read(quoteProse(yaml)), first);
  return parsed.ok ? { ok: true, keys: parsed.keys, body } : parsed;
}

type Read = { ok: true; keys: Record<string, unknown> } | { ok: false; fault: FrontMatterFault };

function read(yaml: string): Read {
  try {
    // Few aliases: a short text must not become a long value.
    const value: unknown = parse(yaml, { maxAliasCount: 10, logLevel: "error" });
    if (value === null || value === undefined) return { ok: true, keys: {} };
    if (typeof value === "object" && !Array.isArray(value)) return { ok: true, keys: { ...value } };
    return { ok: false, fault: { kind: "bad_yaml" } };
  } catch (error) {
    // Deep nesting ends in a RangeError, which has no place.
    const line = error instanceof YAMLParseError ? error.linePos?.[0].line : undefined;
    return { ok: false, fault: { kind: "bad_yaml", ...(line !== undefined && { line: line + 1 }) } };
  }
}

/**
 * Claude Code's own agent files often say `description: Use this when: …`, which is not YAML, and Claude Code takes
 * them. So one line of prose is quoted and tried again; every other key must be right as it is.
 */
function quoteProse(yaml: string): string {
  return yaml.replace(
    /^(name|description):[ \t]+(?![|>"'])(.+)$/gm,
    (_, key: string, value: string) => `${key}: ${JSON.stringify(value.trim())}`,
  );
}

/** The second try where it worked; else the first fault, which points into the text that the person wrote. */
function better(second: Read, first: Read): Read {
  return second.ok ? second : first;
}
