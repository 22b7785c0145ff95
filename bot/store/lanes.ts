/**
 * Work in order: what has the same key runs one after the other, what has not
 * runs side by side. It promises that a failure stops nothing behind it.
 */

/** Runs `work` when all earlier work of `key` has ended; gives what it gives. */
export type Lanes = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** Makes lanes that remember only keys with work under way. */
export function createLanes(): Lanes {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const before = last.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
}

/** Does `work` for each item, at most `limit` at a time; results in the order of the items. */
export async function mapBounded<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  async function take(): Promise<void> {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await work(items[index] as T);
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, take));
  return results;
}
