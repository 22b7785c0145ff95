/**
 * Messages that are taken back: asked of the process, which alone knows whether
 * it has begun with one. Promises an answer within a time. It does not know why.
 */
import { cancelMessageLine } from "./control.ts";
import type { Stdin } from "./stdin.ts";

/** What is asked of one process. */
export interface Withdrawals {
  /** Whether the message was taken back; false if it is read already, or the process does not say. */
  ask(messageUuid: string): Promise<boolean>;
  /** The process has answered. */
  answered(requestId: string, isCancelled: boolean): void;
  /** Nothing is answered any more. */
  finish(): void;
}

/** It answers within milliseconds, tool or not. */
const ANSWER_MS = 2_000;

/** Nothing was asked yet. `onForgotten` is told when a message waits no more. */
export function createWithdrawals(deps: {
  readonly stdin: Stdin;
  readonly newId: () => string;
  onForgotten(): void;
}): Withdrawals {
  const open = new Map<string, (isCancelled: boolean) => void>();
  return {
    ask(messageUuid) {
      const requestId = deps.newId();
      if (!deps.stdin.write(cancelMessageLine(requestId, messageUuid))) return Promise.resolve(false);
      return new Promise((resolve) => {
        // A late word is still heard: what the process has forgotten must not be waited for.
        const timer = setTimeout(() => resolve(false), ANSWER_MS);
        open.set(requestId, (isCancelled) => {
          clearTimeout(timer);
          open.delete(requestId);
          if (isCancelled) deps.stdin.forget(messageUuid);
          resolve(isCancelled);
          if (isCancelled) deps.onForgotten();
        });
      });
    },
    answered: (requestId, isCancelled) => open.get(requestId)?.(isCancelled),
    finish() {
      for (const settle of open.values()) settle(false);
    },
  };
}
