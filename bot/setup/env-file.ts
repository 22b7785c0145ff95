/**
 * `.env` as text: some values in, all else as it was. Pure. It promises that what
 * it gives reads back, by Node's own loader, as exactly the old settings with the
 * new values among them; where it cannot promise that it gives a fault. It does
 * not know what the settings mean.
 */
import { isDeepStrictEqual, parseEnv } from "node:util";

/** Names and their new values. */
export type EnvValues = Readonly<Record<string, string>>;

export type EnvText =
  | { readonly ok: true; readonly text: string }
  /** `unquotable`: Node's loader has no way to write that value. `strange`: the file has lines that we would harm. */
  | { readonly ok: false; readonly kind: "unquotable" | "strange"; readonly name?: string };

/** Sets `values` in `text`: where a line sets it, else where one that is commented out would, else at the end. */
export function updateEnv(text: string, values: EnvValues): EnvText {
  let lines = text.split("\n");
  for (const [name, value] of Object.entries(values)) {
    const quoted = quote(value);
    if (quoted === undefined) return { ok: false, kind: "unquotable", name };
    lines = setLine(lines, name, `${name}=${quoted}`);
  }
  const updated = `${lines.join("\n").replace(/\n+$/, "")}\n`;
  const wanted = { ...parseEnv(text), ...values };
  if (!isDeepStrictEqual({ ...parseEnv(updated) }, wanted)) return { ok: false, kind: "strange" };
  return { ok: true, text: updated };
}

/** A value as Node's loader reads it back; undefined if it cannot. */
export function quote(value: string): string | undefined {
  if (/^[\w@%+=:,./-]*$/.test(value)) return value;
  // The loader knows no escapes, but turns \n inside double quotes into a line break.
  const sign = ["'", '"', "`"].find((each) => !value.includes(each));
  const isPlain = !/[\n\r\0]/.test(value) && !(sign === '"' && value.includes("\\n"));
  return sign !== undefined && isPlain ? `${sign}${value}${sign}` : undefined;
}

/** The first line that sets `name` gets the value, and others that do are dropped: the loader takes the last. */
function setLine(lines: readonly string[], name: string, line: string): string[] {
  const sets = new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=`);
  const first = lines.findIndex((each) => sets.test(each));
  if (first !== -1)
    return lines.flatMap((each, at) => (at === first ? [line] : sets.test(each) ? [] : [each]));
  const commented = lines.findIndex((each) => each.startsWith(`#${name}=`));
  if (commented !== -1) return lines.map((each, at) => (at === commented ? line : each));
  const last = lines.findLastIndex((each) => each.trim() !== "");
  return [...lines.slice(0, last + 1), line, ""];
}
