/**
 * What Telegram's servers do to a text before they show it, done by us first,
 * so that what we send is what they keep: then an unchanged message is
 * recognised as unchanged, and entities lie where we put them. The rules are
 * TDLib's (`clean_input_string`, `fix_formatted_text`, `is_empty_string`).
 * Knows nothing of Markdown and nothing of messages' limits.
 */

/** The text as the server would keep it, in the middle of a message: only spaces, newlines and visible signs. */
export function cleanText(text: string): string {
  return (
    text
      .toWellFormed()
      .replaceAll(/\r\n?/g, "\n")
      // The server makes one space of a tab, which would flatten indented code.
      .replaceAll("\t", "    ")
      .replaceAll(/(?!\n)[\p{Cc}\u2028\u2029]/gu, " ")
      // The server deletes these accents; composed, "å" survives it.
      .replaceAll(/\p{L}\u030a/gu, (letter) => letter.normalize("NFC"))
      .replaceAll(/[\u202a-\u202e]|\u030a|\u0333|\u033f/g, "")
      .replaceAll(/[\u200e\u200f](?=[\u200e\u200f])/g, "\u200c")
  );
}

/**
 * Code (already cleaned) that may stand at the start of a `pre`: the server
 * moves blanks at an entity's start out of it, and with them the first line's
 * indentation. So indentation all lines share is taken away, and where the
 * first line is still indented, its first space does not break.
 */
export function keepIndent(code: string): string {
  const whole = code.replace(/^(?: *\n)+/, "").trimEnd();
  if (!whole.startsWith(" ")) return whole;
  const lines = whole.split("\n");
  let shared = whole.length;
  for (const line of lines) if (line.trim() !== "") shared = Math.min(shared, line.search(/[^ ]/));
  const dedented = lines.map((line) => line.slice(shared)).join("\n");
  return dedented.startsWith(" ") ? `\u00a0${dedented.slice(1)}` : dedented;
}

/** Nothing in it that can be seen: Telegram answers "message text is empty". */
export function isInvisible(text: string): boolean {
  return /^[\s\u180e\u200b-\u200f\u2800\ufffc\u{e0000}-\u{e007f}]*$/u.test(text);
}

/** The blanks the server cuts off at both ends of a message, and at the start of an entity. */
export function isEdgeBlank(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit === 32 || unit === 10;
}

/** `[start, end)` without the blanks at both its ends; an empty range if there is nothing else. */
export function trimRange(text: string, start: number, end: number): [start: number, end: number] {
  let [from, to] = [start, end];
  while (from < to && isEdgeBlank(text, from)) from += 1;
  while (to > from && isEdgeBlank(text, to - 1)) to -= 1;
  return [from, to];
}
