/**
 * The machine's word for what it refused, as `ENOENT`. Unlike a message it holds
 * no path, no address and no secret.
 */

/** The code of `error`; undefined where it has none: that is a fault of ours. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
