/**
 * The bot's messages for who listens: each is said once, when it has come to
 * rest, not at every word that streams in.
 */
import type { WireMessage } from "../wire.ts";
import { announce } from "./notices.ts";
import type { Store } from "./store.ts";

const restMs = 1200;
const maxUnits = 600;

/** Reads what the bot says in the topic that is looked at. */
export function createReader(store: Store): void {
  const waiting = new Map<number, ReturnType<typeof setTimeout>>();
  store.subscribe(({ isWhole, changed }) => {
    if (isWhole) return;
    for (const message of changed) {
      if (message.isMine || message.service !== undefined || message.topic !== store.topic) continue;
      clearTimeout(waiting.get(message.id));
      waiting.set(
        message.id,
        setTimeout(() => {
          waiting.delete(message.id);
          announce(wordsFor(store.message(message.id) ?? message));
        }, restMs),
      );
    }
  });
}

function wordsFor({ text, rows, document, photo }: WireMessage): string {
  const labels = rows.flat().map((button) => button.text);
  const pieces = [
    "Parley:",
    photo === undefined ? "" : "a photo.",
    document === undefined ? "" : `a file, ${document.name}.`,
    text.slice(0, maxUnits),
    labels.length === 0 ? "" : `Buttons: ${labels.join(", ")}.`,
  ];
  return pieces.filter(Boolean).join(" ");
}
