import type { Message } from "grammy/types";
import { describe, expect, it } from "vitest";
import { createGather, joinPieces } from "../../bot/telegram/gather.ts";

const LONG = "x".repeat(2_048);
const forwarded = { forward_origin: { type: "hidden_user", sender_user_name: "Eve", date: 1 } } as const;

function bench(options: { take?: () => Promise<void> } = {}) {
  const taken: number[][] = [];
  const closed: { ids: number[]; error: unknown }[] = [];
  const waits: { end: () => void; ms: number }[] = [];
  const gather = createGather({
    quietMs: 700,
    async take(group) {
      taken.push(group.map(({ updateId }) => updateId));
      await options.take?.();
    },
    onTaken: async (group, error) => void closed.push({ ids: group.map(({ updateId }) => updateId), error }),
    wait: (ms, signal) =>
      new Promise((resolve) => {
        waits.push({ ms, end: resolve });
        signal.addEventListener("abort", () => resolve());
      }),
  });
  const messageOf = (updateId: number, given: Partial<Message>): Message => ({
    message_id: updateId,
    date: 1_000,
    from: { id: 7, is_bot: false, first_name: "Anna" },
    chat: { id: 7, type: "private", first_name: "Anna" },
    ...given,
  });
  return {
    gather,
    taken,
    closed,
    waits,
    messageOf,
    add: (updateId: number, given: Partial<Message>): Promise<void> =>
      gather.add({ updateId, message: messageOf(updateId, given) }),
    /** The quiet time is over. */
    quiet: async (): Promise<void> => {
      waits.at(-1)?.end();
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    },
  };
}

describe("a message that stands alone", () => {
  it.each<[string, Partial<Message>]>([
    ["a text", { text: "hi" }],
    ["a photo", { photo: [] }],
    ["a text that is not long enough to have been cut", { text: LONG.slice(1) }],
  ])("goes on at once: %s", async (_, given) => {
    const { add, taken, waits, gather } = bench();
    await add(1, given);
    expect([taken, waits, gather.holds(1)]).toEqual([[[1]], [], false]);
  });

  it("fails to whoever sent it on", async () => {
    const { add, closed } = bench({ take: () => Promise.reject(new Error("broken")) });
    await expect(add(1, { text: "hi" })).rejects.toThrow("broken");
    expect(closed).toEqual([]);
  });
});

describe("what belongs together", () => {
  it("is kept until it is quiet for a while, then goes on as one", async () => {
    const { add, taken, closed, waits, quiet, gather } = bench();
    for (const id of [1, 2, 3]) await add(id, { photo: [], media_group_id: "a" });
    expect([taken, gather.holds(2), waits.map(({ ms }) => ms)]).toEqual([[], true, [700, 700, 700]]);
    await quiet();
    expect([taken, closed, gather.holds(2)]).toEqual([
      [[1, 2, 3]],
      [{ ids: [1, 2, 3], error: undefined }],
      false,
    ]);
  });

  it("is told of when it could not be taken", async () => {
    const error = new Error("broken");
    const { add, closed, quiet } = bench({ take: () => Promise.reject(error) });
    await add(1, { photo: [], media_group_id: "a" });
    await quiet();
    expect(closed).toEqual([{ ids: [1], error }]);
  });

  it("of a text goes on at its last piece, without a wait", async () => {
    const { add, taken } = bench();
    await add(1, { text: LONG });
    await add(2, { text: LONG });
    await add(3, { text: "the end" });
    await add(4, { text: "another" });
    expect(taken).toEqual([[1, 2, 3], [4]]);
  });

  it("of several forwarded messages is of any kind", async () => {
    const { add, taken, quiet } = bench();
    await add(1, { text: "a", ...forwarded });
    await add(2, { photo: [], media_group_id: "a", ...forwarded });
    await quiet();
    expect(taken).toEqual([[1, 2]]);
  });

  it.each<[string, Partial<Message>, Partial<Message>]>([
    ["another album", { media_group_id: "a" }, { media_group_id: "b" }],
    ["a text after an album", { media_group_id: "a" }, { text: "hi" }],
    ["a text that was written later", { text: LONG }, { text: "hi", date: 1_003 }],
    ["an answer to something", { text: LONG }, { text: "hi", reply_to_message: {} as never }],
    ["what another wrote", { text: LONG }, { text: "hi", ...forwarded }],
    ["one's own words", { text: "a", ...forwarded }, { text: LONG }],
    ["what was forwarded later", { text: "a", ...forwarded }, { text: "b", date: 1_003, ...forwarded }],
  ])("is not %s, which stays behind it", async (_, first, second) => {
    const { add, taken, quiet } = bench();
    await add(1, first);
    await add(2, second);
    await quiet();
    expect(taken).toEqual([[1], [2]]);
  });

  it("is not another person's, nor of another place", async () => {
    const { add, taken, quiet, waits } = bench();
    await add(1, { text: LONG });
    await add(2, { text: "hi", from: { id: 8, is_bot: false, first_name: "Bert" } });
    await add(3, { text: "hi", is_topic_message: true, message_thread_id: 5 });
    expect(taken).toEqual([[2], [3]]);
    waits[0]?.end();
    await quiet();
    expect(taken).toEqual([[2], [3], [1]]);
  });

  it("goes on before a command, and the piece of a text is none", async () => {
    const { add, taken, gather, messageOf } = bench();
    await add(1, { text: LONG });
    const piece = messageOf(2, { text: "/stop here" });
    expect(gather.continues(piece)).toBe(true);
    gather.makeWay(piece);
    expect(taken).toEqual([]);
    gather.makeWay(messageOf(3, { text: "/stop", date: 2_000 }));
    expect(taken).toEqual([[1]]);
  });
});

it("pieces are joined by the line end that the client took away, and by nothing where a piece was full", () => {
  expect(joinPieces(["a", "b"])).toBe("a\nb");
  expect(joinPieces(["x".repeat(4_096), "y", "z"])).toBe(`${"x".repeat(4_096)}y\nz`);
});
