/**
 * What we say to one process: messages, and whether each was taken up. Promises
 * that nothing is written after the end, and keeps what is said before the
 * process is there. It does not know when to end; it tells whether it may.
 */
import type { Writable } from "node:stream";
import { userLine, type UserMessage } from "./control.ts";

/** The way to one process. Without a stream (an adopted process) everything is too late. */
export interface Stdin {
  readonly isOpen: boolean;
  connect(stream: Writable | undefined): void;
  /** Gives whether it was not too late. */
  write(line: string): boolean;
  send(message: UserMessage): boolean;
  /** An earlier life sent these, in this order; what the process says will tell which were taken up. */
  expect(messageUuids: readonly string[]): void;
  /** The message was taken back: nothing will be heard of it. */
  forget(messageUuid: string): void;
  close(): void;
  /** The process has taken up the message. */
  noteTaken(messageUuid: string): void;
  /** An answer came to its end. */
  noteResult(): void;
  /** Messages that have neither been taken up nor answered. */
  readonly waiting: number;
  /** Those of them that were sent into a turn: all but the one that it began with. */
  readonly followUps: readonly string[];
  /** The uuid of the last message that was sent. */
  readonly lastSent: string | undefined;
}

/** A way that is open, to a process that is still to come. */
export function createStdin(): Stdin {
  let stream: Writable | undefined;
  let isOpen = true;
  let firstSent: string | undefined;
  let lastSent: string | undefined;
  let isTakenSinceResult = false;
  const early: string[] = [];
  const waiting = new Set<string>();

  const write = (line: string): boolean => {
    if (!isOpen) return false;
    if (stream === undefined) early.push(line);
    else stream.write(line);
    return true;
  };

  return {
    get isOpen() {
      return isOpen;
    },
    get waiting() {
      return waiting.size;
    },
    get followUps() {
      return [...waiting].filter((uuid) => uuid !== firstSent);
    },
    get lastSent() {
      return lastSent;
    },
    connect(connected) {
      stream = connected;
      if (connected === undefined) isOpen = false;
      for (const line of early.splice(0)) connected?.write(line);
    },
    write,
    send(message) {
      if (!write(userLine(message))) return false;
      waiting.add(message.uuid);
      firstSent ??= message.uuid;
      lastSent = message.uuid;
      return true;
    },
    expect(messageUuids) {
      for (const uuid of messageUuids) waiting.add(uuid);
      firstSent ??= messageUuids[0];
    },
    forget: (messageUuid) => void waiting.delete(messageUuid),
    close() {
      if (!isOpen) return;
      isOpen = false;
      stream?.end();
    },
    noteTaken(messageUuid) {
      if (waiting.delete(messageUuid)) isTakenSinceResult = true;
    },
    noteResult() {
      // A command that the CLI answers itself is never taken up: its result is all that is heard of it.
      const [oldest] = waiting;
      if (!isTakenSinceResult && oldest !== undefined) waiting.delete(oldest);
      isTakenSinceResult = false;
    },
  };
}
