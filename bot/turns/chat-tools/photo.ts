/**
 * Whether a file can be shown as a picture, told by how it begins: a name says
 * nothing. Pure.
 */

/** How many bytes of a file are looked at. */
export const HEAD_BYTES = 16;

/** Whether `head` begins a JPEG, a PNG or a WebP: what a chat shows as a photo. */
export function isPicture(head: Buffer): boolean {
  const latin = head.toString("latin1");
  const isWebp = latin.startsWith("RIFF") && latin.slice(8, 12) === "WEBP";
  return latin.startsWith("\xff\xd8\xff") || latin.startsWith("\x89PNG\r\n\x1a\n") || isWebp;
}
