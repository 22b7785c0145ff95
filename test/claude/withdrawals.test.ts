import { describe, expect, test, vi } from "vitest";
import { createStdin } from "../../bot/claude/stdin.ts";
import { createWithdrawals } from "../../bot/claude/withdrawals.ts";

describe("a message that the process forgets only after we gave up asking", () => {
  test("is not waited for any more, though it counts as read", async () => {
    vi.useFakeTimers();
    try {
      const stdin = createStdin();
      let forgotten = 0;
      const withdrawals = createWithdrawals({
        stdin,
        newId: () => "r1",
        onForgotten: () => (forgotten += 1),
      });
      stdin.send({ uuid: "6b1d8bd6-4f2e-4a57-9d57-0d1f9e3c1a11", content: "and?" });
      const asked = withdrawals.ask("6b1d8bd6-4f2e-4a57-9d57-0d1f9e3c1a11");
      await vi.advanceTimersByTimeAsync(10_000);
      expect(await asked).toBe(false);
      expect(stdin.waiting).toBe(1);
      withdrawals.answered("r1", true);
      expect([stdin.waiting, forgotten]).toEqual([0, 1]);
    } finally {
      vi.useRealTimers();
    }
  });
});
