/**
 * Messages that are one: an album, a long text that the person's client cut,
 * several messages forwarded at once. They are kept for a short quiet time; every
 * other message goes on at once. It promises that a message never overtakes one
 * that came before it from the same person in the same place. Nothing is written
 * here: until a group goes on, its updates stay as they were taken, so a crash
 * gathers them again.
 */
import type { Message } from "grammy/types";
import { placeKey } from "../store/chats.ts";
import { answeredBy, placeOf } from "./place.ts";

/** A message on its way. */
export interface Gathered {
  readonly updateId: number;
  readonly message: Message;
}

export interface Gather {
  /** Takes a message: `take` gets it now, or with those that belong to it. Resolves when it was taken, or is kept. */
  add(one: Gathered): Promise<void>;
  /** Changes a message that is kept here into what it was edited to; gives its update, undefined where it is not here. */
  edit(message: Message): number | undefined;
  /** Whether the message belongs to a group that is open. */
  continues(message: Message): boolean;
  /** Lets an open group go on before `message`, unless it belongs to it. */
  makeWay(message: Message): void;
  /** Whether an update is kept here, or on its way from here. */
  holds(updateId: number): boolean;
}

export interface GatherDeps {
  /** Takes messages that are one, at least one of them; for a group its failure is its own. */
  readonly take: (group: readonly Gathered[]) => Promise<void>;
  /** Told when the group that an update was kept in is taken. */
  readonly onTaken: (group: readonly Gathered[], error?: unknown) => Promise<void>;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** How long a group waits for more. */
  readonly quietMs: number;
}

/** A client cuts at 4096 units, but rather where a paragraph ends in the second half of them. */
const LONG_UNITS = 2_048;
const FULL_UNITS = 4_096;
/** What belongs together was sent at the same time by Telegram's clock, however late it comes. */
const APART_SECONDS = 2;
/** Telegram's own limit of an album is 10, of one forwarding 100. */
const MOST = 100;

type Kind = "album" | "text" | "forwarded";

interface Group {
  readonly kind: Kind;
  readonly members: Gathered[];
  timer: AbortController;
}

/** Makes it. Nothing waits before the first message. */
export function createGather(deps: GatherDeps): Gather {
  const { take, onTaken, wait, quietMs } = deps;
  const open = new Map<string, Group>();
  const held = new Set<number>();

  function close(key: string, group: Group): void {
    open.delete(key);
    group.timer.abort();
    const { members } = group;
    void handOn(members);
  }

  async function handOn(members: readonly Gathered[]): Promise<void> {
    const error = await take(members).then(
      () => undefined,
      (thrown: unknown) => thrown ?? "nothing",
    );
    for (const { updateId } of members) held.delete(updateId);
    await onTaken(members, error);
  }

  /** Goes on when nothing more came for a while. */
  function rearm(key: string, group: Group): void {
    group.timer.abort();
    const timer = new AbortController();
    group.timer = timer;
    const onQuiet = (): void => {
      if (!timer.signal.aborted) close(key, group);
    };
    void wait(quietMs, timer.signal).then(onQuiet);
  }

  function openFor(message: Message): Group | undefined {
    const group = open.get(keyOf(message));
    return group !== undefined && belongs(group, message) ? group : undefined;
  }

  function makeWay(message: Message): void {
    const key = keyOf(message);
    const group = open.get(key);
    if (group !== undefined && !belongs(group, message)) close(key, group);
  }

  return {
    makeWay,
    continues: (message) => openFor(message) !== undefined,
    holds: (updateId) => held.has(updateId),
    edit(message) {
      const { members = [] } = open.get(keyOf(message)) ?? {};
      const at = members.findIndex((one) => one.message.message_id === message.message_id);
      const known = members[at];
      if (known === undefined) return undefined;
      members[at] = { ...known, message };
      return known.updateId;
    },
    async add(one) {
      makeWay(one.message);
      const key = keyOf(one.message);
      const kind = kindOf(one.message);
      const known = openFor(one.message);
      if (known === undefined && kind === undefined) return take([one]);
      const group = known ?? { kind: kind ?? "text", members: [], timer: new AbortController() };
      group.members.push(one);
      held.add(one.updateId);
      open.set(key, group);
      const isEnd = group.members.length >= MOST || (group.kind === "text" && kind !== "text");
      if (isEnd) close(key, group);
      else rearm(key, group);
    },
  };
}

/** Messages of one place, in order, as those groups that they would have come in. */
export function inGroups<T extends Gathered>(messages: readonly T[]): T[][] {
  const groups: T[][] = [];
  for (const one of messages) {
    const last = groups.at(-1);
    const kind = last?.[0] && kindOf(last[0].message);
    const isMore =
      last !== undefined &&
      kind !== undefined &&
      last.at(-1)?.message.from?.id === one.message.from?.id &&
      belongs({ kind, members: last }, one.message);
    // A piece of a text that was not full was its end.
    const isOpen = kind !== "text" || kindOf(last?.at(-1)?.message ?? one.message) === "text";
    if (isMore && isOpen) last.push(one);
    else groups.push([one]);
  }
  return groups;
}

/** The pieces of a text that was cut, as the text that it was. */
export function joinPieces(pieces: readonly string[]): string {
  return pieces.reduce(
    (whole, piece, index) => (index === 0 ? piece : whole + jointAfter(pieces[index - 1] ?? "") + piece),
    "",
  );
}

/** What stood between a piece of a text that was cut and the next. */
export function jointAfter(piece: string): string {
  // A full piece was cut in the middle of a word; else the client cut at a blank and Telegram took that away.
  return piece.length >= FULL_UNITS ? "" : "\n";
}

/** Whether a message may be the beginning of a longer text: it is as long as those that a client cuts. */
export function mayBeCut(message: Message): boolean {
  return kindOf(message) === "text";
}

/** What kind of group a message may begin, or go on; undefined for one that stands alone or is the end of one. */
function kindOf(message: Message): Kind | undefined {
  if (message.forward_origin !== undefined) return "forwarded";
  if (message.media_group_id !== undefined) return "album";
  return (message.text?.length ?? 0) >= LONG_UNITS ? "text" : undefined;
}

function belongs({ kind, members }: Pick<Group, "kind" | "members">, message: Message): boolean {
  const last = members.at(-1)?.message;
  if (last === undefined) return true;
  const isAtOnce = Math.abs(message.date - last.date) <= APART_SECONDS;
  switch (kind) {
    case "album":
      return message.media_group_id === last.media_group_id;
    case "forwarded":
      return message.forward_origin !== undefined && isAtOnce;
    case "text":
      return message.text !== undefined && isAlone(message) && isAtOnce;
  }
}

function isAlone(message: Message): boolean {
  return message.forward_origin === undefined && answeredBy(message) === undefined;
}

function keyOf(message: Message): string {
  return `${placeKey(placeOf(message))} ${message.from?.id}`;
}
