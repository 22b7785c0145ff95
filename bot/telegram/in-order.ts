/**
 * What one chat says is dealt with in the order in which it was said: a /stop
 * must find the turn of the message before it, a message the session that a
 * /new before it made. Promises that nobody waits longer than a moment, and
 * that one chat never waits for another. It does not know what is dealt with.
 */

/** One thing's place in the order. */
export interface Turnstile {
  /** Resolves when all that came before it in the same chat has passed, or after `mostMs`. */
  readonly open: Promise<void> | undefined;
  /** Lets the next one through; what comes of a second call is nothing. */
  readonly pass: () => void;
}

/** What the order is kept with. */
export interface InOrderDeps {
  /** Resolves after that many ms, or at once when `signal` is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** The longest that one waits for those before it: what takes longer must not keep /status waiting. */
  readonly mostMs: number;
}

/** Makes the order of all chats. Call what it gives once for each thing, in the order in which they came. */
export function createInOrder({ wait, mostMs }: InOrderDeps): (chatId: number) => Turnstile {
  const last = new Map<number, Promise<unknown>>();

  /** Never rejects. */
  async function atMost(before: Promise<unknown>): Promise<void> {
    const passed = new AbortController();
    void before.then(() => passed.abort());
    await wait(mostMs, passed.signal);
  }

  return (chatId) => {
    const before = last.get(chatId);
    let pass = (): void => {};
    const passed = new Promise<void>((resolve) => (pass = resolve));
    // Whoever is let through early must not be overtaken by those behind it.
    const open = before === undefined ? undefined : atMost(before);
    const both = Promise.all([open, passed]);
    last.set(chatId, both);
    void both.then(() => last.get(chatId) === both && last.delete(chatId));
    return { open, pass };
  };
}
