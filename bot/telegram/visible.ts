/**
 * What somebody is to agree to, with nothing in it that cannot be seen: signs of
 * no width, signs that turn the reading direction, and those that Telegram would
 * take out or change, stand as ⟨U+202E⟩. Pure.
 */

/** Blanks but the plain one, fillers that look like blanks, marks over letters that Telegram deletes, variations. */
const ODD =
  /(?![\n\t ])(?:\p{Cc}|\p{Cf}|\p{Cs}|\p{Co}|\p{Z}|\u030a|\u0333|\u033f|\u034f|\u115f|\u1160|\u2800|\u3164|\uffa0|[\ufe00-\ufe0e]|[\u{e0100}-\u{e01ef}])/gu;

/** The text as it may be shown to somebody who decides by it. */
export function visible(text: string): string {
  return text.toWellFormed().replaceAll(ODD, (sign) => {
    const point = sign.codePointAt(0) ?? 0;
    return `⟨U+${point.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}
