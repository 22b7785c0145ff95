/**
 * A run as others see it: what it takes to begin or to find one, and what can be
 * said to it. Types only; `run.ts` makes them true.
 */
import type { TurnArguments } from "./args.ts";
import type { PermissionAnswer, UserMessage } from "./control.ts";
import type { ClaudeEvent, Failure } from "./events.ts";
import type { Identity } from "./identity.ts";

/** One turn to run. */
export interface RunRequest {
  /** Names the turn among all processes of the machine; ASCII, unique. */
  readonly marker: string;
  readonly cwd: string;
  readonly arguments: TurnArguments;
  /** What the process says; must not exist yet, is created with mode 0600. */
  readonly outFile: string;
  readonly errFile: string;
  readonly message: UserMessage;
}

/** A turn that an earlier life of ours started. */
export interface AdoptRequest {
  readonly marker: string;
  readonly cwd: string;
  readonly outFile: string;
  readonly errFile: string;
  /**
   * Undefined, or a process that has ended: what was written is told, and what is left of the turn is
   * ended. Where a turn was started and its process never noted, `findMarked` tells whether it runs.
   */
  readonly identity?: Identity;
  /** The uuids of the messages that it was sent, in order: the answer to each is waited for. */
  readonly sent?: readonly string[];
}

/** A running turn. Calls after its end do nothing. */
export interface ClaudeRun {
  /** May be iterated once. */
  readonly events: AsyncIterable<ClaudeEvent>;
  /** The process, as soon as there is one; undefined if it could not be started. Never rejects. */
  readonly identity: Promise<Identity | undefined>;
  /** Lines of types we do not know, and how many of each came. */
  readonly unknownLines: ReadonlyMap<string, number>;
  /** Whether a message may still come in. */
  readonly takesMessages: boolean;
  /** Stops the answer and keeps what was said; ends in `completed` with `stopped`. */
  interrupt(): void;
  /** A message into the running turn; false if it comes too late and must be a turn of its own. `taken` tells when it was taken up. */
  send(message: UserMessage): boolean;
  /** Takes back a message that was sent; false if it is read already, or that cannot be known. */
  withdraw(messageUuid: string): Promise<boolean>;
  answer(requestId: string, answer: PermissionAnswer): void;
  answerMcp(requestId: string, message: unknown): void;
  /** Ends the process as `interrupt` does; `completed` tells `reason`. */
  end(reason: Failure): void;
}
