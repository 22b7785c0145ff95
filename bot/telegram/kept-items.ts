/**
 * What is kept for the person's word, as it is listed: what came as one is one.
 * Pure. It does not know why anything is kept.
 */
import type { Message, Update } from "grammy/types";
import type { Entry } from "../turns/facts.ts";
import { type Gathered, inGroups, joinPieces } from "./gather.ts";
import type { KeptItem } from "./presenter/away.ts";
import { sharedWords } from "./shared.ts";

/** An item of the list, and the entries that it is made of. */
export interface KeptGroup extends KeptItem {
  readonly entries: readonly Entry[];
}

type Piece = Gathered & { readonly entry: Entry };

/** The entries of one place, in the order they were taken, as items. */
export function keptItems(entries: readonly Entry[]): KeptGroup[] {
  const items: KeptGroup[] = [];
  let pieces: Piece[] = [];
  const close = (): void => {
    items.push(...inGroups(pieces).map(itemOf));
    pieces = [];
  };
  for (const entry of entries) {
    const message = entry.order === undefined ? messageOf(entry) : undefined;
    if (message !== undefined) {
      pieces.push({ updateId: entry.id, message, entry });
      continue;
    }
    close();
    items.push(ordered(entry));
  }
  close();
  return items;
}

function itemOf(pieces: readonly Piece[]): KeptGroup {
  const [first] = pieces;
  const texts = pieces.map(({ message }) => message.text ?? message.caption ?? sharedWords(message) ?? "");
  return {
    id: first?.updateId ?? 0,
    entries: pieces.map(({ entry }) => entry),
    sentAt: new Date((first?.message.date ?? 0) * 1_000),
    words: joinPieces(texts.filter((text) => text !== "")),
    files: pieces.filter(({ message }) => message.text === undefined && sharedWords(message) === undefined)
      .length,
  };
}

/** A message that had been accepted, and waited for its turn. */
function ordered(entry: Entry): KeptGroup {
  const date = messageOf(entry)?.date;
  return {
    id: entry.id,
    entries: [entry],
    sentAt: date === undefined ? new Date(entry.at) : new Date(date * 1_000),
    words: entry.order?.text ?? "",
    files: entry.order?.attachments?.length ?? 0,
  };
}

function messageOf({ update }: Entry): Message | undefined {
  return ((update ?? {}) as Update).message;
}
