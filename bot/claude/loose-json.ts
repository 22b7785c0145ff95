/**
 * What the CLI wrote for itself, as far as it can be read: another version may have
 * written anything. Promises never to throw. Pure.
 */

/** A text as an object; undefined if it is none. */
export function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(line));
  } catch {
    return undefined;
  }
}

export function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null ? { ...value } : undefined;
}

export function asString(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The texts among the blocks of a message's content. */
export function textsOf(content: unknown): string[] {
  if (!Array.isArray(content)) return [];
  return content.flatMap((block: unknown) => {
    const { type, text } = asObject(block) ?? {};
    return type === "text" && typeof text === "string" && text !== "" ? [text] : [];
  });
}
