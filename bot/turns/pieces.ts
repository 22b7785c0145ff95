/**
 * An order that is made of several messages: an album, a long text that a client
 * cut, messages forwarded at once. Promises that an edit of one of them changes
 * that one's words and files only. Pure. It does not know why they belong together.
 */
import type { KeptOrder } from "./order.ts";

/** One message of several that are one. */
export type Piece = NonNullable<KeptOrder["pieces"]>[number];

/** What pieces ask together. */
export function asOne(pieces: readonly Piece[]): Pick<KeptOrder, "text" | "attachments"> {
  const text = pieces.reduce(
    (whole, piece) =>
      whole === "" || piece.text === "" ? whole + piece.text : whole + piece.joint + piece.text,
    "",
  );
  const attachments = pieces.flatMap((piece) => piece.attachments ?? []);
  return { text, ...(attachments.length === 0 ? {} : { attachments }) };
}

/** The messages of its chat that an order is made of: none, where no message asked. */
export function messagesOf({ messageId, pieces }: KeptOrder): readonly number[] {
  if (pieces !== undefined) return pieces.map((piece) => piece.messageId);
  return messageId === undefined ? [] : [messageId];
}

/** The order, made of the message `messageId`, where that says `edited` now. */
export function withEdit(
  order: KeptOrder,
  messageId: number,
  edited: Pick<KeptOrder, "text" | "attachments">,
): KeptOrder {
  const { attachments: _, ...rest } = order;
  const { text, attachments } = edited;
  const words = { text, ...(attachments === undefined ? {} : { attachments }) };
  if (order.pieces === undefined) return { ...rest, ...words };
  const pieces = order.pieces.map(({ messageId: id, joint, ...piece }) => ({
    messageId: id,
    joint,
    ...(id === messageId ? words : piece),
  }));
  return { ...rest, ...asOne(pieces), pieces };
}
