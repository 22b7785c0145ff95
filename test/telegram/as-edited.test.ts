import type { Message, Update } from "grammy/types";
import { expect, it } from "vitest";
import { asEdited } from "../../bot/telegram/as-edited.ts";
import { type Entry, newEntry } from "../../bot/turns/facts.ts";

const message = (message_id: number, text: string, id = 7): Message => ({
  message_id,
  date: 1,
  chat: { id, type: "private", first_name: "Anna" },
  from: { id, is_bot: false, first_name: "Anna" },
  text,
});
const edit = (id: number, given: Message, state: Entry["state"] = "received"): Entry => ({
  ...newEntry(id, ""),
  state,
  update: { update_id: id, edited_message: { ...given, edit_date: 2 } },
});

it("a message is what the last edit made of it that waits with it, and of no other", () => {
  const entries = [
    edit(6, message(1, "second")),
    edit(7, message(1, "third")),
    edit(8, message(2, "of another")),
    edit(9, message(1, "elsewhere", 8)),
    edit(10, message(1, "handled by now"), "done"),
    { ...newEntry(11, ""), update: undefined },
  ];
  const read = (update: Update): Update => asEdited({ unfinished: () => entries }, update);
  expect(read({ update_id: 5, message: message(1, "first") } as Update)).toMatchObject({
    update_id: 5,
    message: { text: "third" },
  });
  const alone = { update_id: 5, message: message(3, "alone") } as Update;
  expect(read(alone)).toBe(alone);
  const press = { update_id: 5 } as Update;
  expect(read(press)).toBe(press);
});
