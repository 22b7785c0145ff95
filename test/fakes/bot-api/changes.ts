/**
 * Every change of the double has a number, and whoever waits looks again at
 * each: no wait polls or sleeps, and none misses a state that stood only for a
 * moment. A page that shows the chats subscribes here too.
 */

/** How long a wait lasts, and what it says when it was in vain. */
export interface WaitOptions {
  readonly timeoutMs?: number;
  /** What was waited for, for the error. */
  readonly what?: string;
}

/** How long a wait lasts when nobody says: short enough for a test to fail by itself. */
const defaultTimeoutMs = 30_000;

/** A wait that was in vain; the message shows what stood there instead. */
class WaitTimeout extends Error {
  override name = "WaitTimeout";
}

/** A counter of changes with listeners. */
export class Changes {
  #seq = 0;
  readonly #listeners = new Set<() => void>();

  /** The number of the last change; a mark to look back at. */
  get seq(): number {
    return this.#seq;
  }

  /** Takes the next number for a change that is about to be made; call `tell` when it is. */
  next(): number {
    this.#seq += 1;
    return this.#seq;
  }

  /** Lets every listener look. */
  tell(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` after each change; gives back the way out. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves with what `find` gives, now or after a later change; rejects with WaitTimeout, `describe` telling what stands. */
  waitFor<T>(find: () => T | undefined, describe: () => string, options: WaitOptions = {}): Promise<T> {
    const now = find();
    if (now !== undefined) return Promise.resolve(now);
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    // The stack of the caller: the one of a timer says nothing.
    const error = new WaitTimeout(`waited ${timeoutMs} ms in vain for ${options.what ?? "something"}`);
    return new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        unsubscribe();
      };
      const unsubscribe = this.subscribe(() => {
        try {
          const found = find();
          if (found === undefined) return;
          leave();
          resolve(found);
        } catch (thrown) {
          leave();
          reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
        }
      });
      const timer = setTimeout(() => {
        leave();
        error.message += `\n${describe()}`;
        reject(error);
      }, timeoutMs);
    });
  }
}
