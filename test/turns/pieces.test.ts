import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Attachment } from "../../bot/turns/order.ts";
import { messagesOf, type Piece, asOne, withEdit } from "../../bot/turns/pieces.ts";
import { orderOf } from "./kit.ts";

const photo = (fileId: string): Attachment => ({ kind: "photo", fileId });
const piece = (messageId: number, text: string, ...files: string[]): Piece => ({
  messageId,
  joint: "\n\n",
  text,
  ...(files.length === 0 ? {} : { attachments: files.map(photo) }),
});
const orderMadeOf = (...pieces: Piece[]) => ({ ...orderOf("", 1), ...asOne(pieces), pieces });

describe("an order of several messages", () => {
  it("changes that message's words and files only, and keeps them all in their order", () => {
    const album = orderMadeOf(piece(1, "look", "a"), piece(2, "", "b"), piece(3, "and this", "c"));
    expect([album.text, messagesOf(album)]).toEqual(["look\n\nand this", [1, 2, 3]]);
    const edited = withEdit(album, 2, { text: "then", attachments: [photo("d")] });
    expect(edited.text).toBe("look\n\nthen\n\nand this");
    expect(edited.attachments?.map(({ fileId }) => fileId)).toEqual(["a", "d", "c"]);
    // Once more, and of another: what was changed before stays.
    const again = withEdit(edited, 1, { text: "" });
    expect([again.text, again.attachments?.length]).toEqual(["then\n\nand this", 2]);
  });

  it("has no files left when the last of them is gone", () => {
    const order = withEdit(orderMadeOf(piece(1, "look", "a"), piece(2, "here")), 1, { text: "no" });
    expect(order).not.toHaveProperty("attachments");
  });

  it("is the same after an edit that changes nothing", () => {
    const pieces = fc.uniqueArray(
      fc.record({ messageId: fc.nat(), joint: fc.constantFrom("", "\n", "\n\n"), text: fc.string() }),
      { selector: ({ messageId }) => messageId, minLength: 2 },
    );
    fc.assert(
      fc.property(pieces, fc.nat(), (list, at) => {
        const order = orderMadeOf(...list);
        const same = list[at % list.length] ?? piece(0, "");
        expect(withEdit(order, same.messageId, same)).toEqual(order);
      }),
    );
  });
});
