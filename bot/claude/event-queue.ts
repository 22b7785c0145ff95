/**
 * Values handed from who makes them to who iterates, in order, none lost.
 * Never makes the maker wait. It does not know what the values are.
 */

/** A queue with one reader. After `end` or `fail` nothing may be pushed. */
export interface EventQueue<T> {
  push(value: T): void;
  end(): void;
  /** Makes the reader throw, after what was pushed before. */
  fail(error: unknown): void;
  readonly values: AsyncIterable<T>;
}

/** Makes an empty queue. */
export function createEventQueue<T>(): EventQueue<T> {
  const held: T[] = [];
  let isEnded = false;
  let failed: { error: unknown } | undefined;
  let wake = (): void => {};

  async function* read(): AsyncGenerator<T> {
    for (;;) {
      // Taken as a whole: shifting one by one is slow where thousands wait.
      yield* held.splice(0);
      if (held.length > 0) continue;
      if (failed) throw failed.error;
      if (isEnded) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  return {
    push(value) {
      held.push(value);
      wake();
    },
    end() {
      isEnded = true;
      wake();
    },
    fail(error) {
      failed = { error };
      wake();
    },
    values: read(),
  };
}
