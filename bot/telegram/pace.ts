/**
 * When a chat may be written to again. Telegram's limits are unwritten and edits
 * count as messages, so each chat has a small allowance that refills, and a 429
 * closes the chat for as long as Telegram says. It does not know what is sent.
 */

export interface Pace {
  /** How long to wait before the next call in `chatId`, in ms; 0 = now. */
  delayMs(chatId: number): number;
  /** A call in `chatId` goes out now. */
  spend(chatId: number): void;
  /** Telegram said 429. */
  block(chatId: number, forMs: number): void;
  /** Shortest time between two edits of a message that grows. */
  editIntervalMs(chatId: number): number;
}

/** Measured by others: 1.1 s (private) and 3.1 s (groups) hold for hours; 0.5 s earned waits of two minutes. */
const EDIT_MS = { private: 1_100, group: 3_000 };
/** One message a second in a private chat, twenty a minute in a group, after a burst. */
const REFILL_MS = { private: 1_000, group: 3_000 };
const BURST = 20;

/** Makes the pace of all chats. `nowMs` is monotonic. */
export function createPace(nowMs: () => number): Pace {
  const chats = new Map<number, { tokens: number; at: number; blockedUntil: number }>();
  // Groups and channels have negative ids.
  const kind = (chatId: number): "private" | "group" => (chatId < 0 ? "group" : "private");

  function state(chatId: number) {
    const now = nowMs();
    const chat = chats.get(chatId) ?? { tokens: BURST, at: now, blockedUntil: 0 };
    chat.tokens = Math.min(BURST, chat.tokens + (now - chat.at) / REFILL_MS[kind(chatId)]);
    chat.at = now;
    chats.set(chatId, chat);
    return chat;
  }

  return {
    delayMs(chatId) {
      const chat = state(chatId);
      const forToken = chat.tokens >= 1 ? 0 : (1 - chat.tokens) * REFILL_MS[kind(chatId)];
      return Math.max(0, Math.ceil(Math.max(forToken, chat.blockedUntil - nowMs())));
    },
    spend(chatId) {
      state(chatId).tokens -= 1;
    },
    block(chatId, forMs) {
      const chat = state(chatId);
      chat.blockedUntil = Math.max(chat.blockedUntil, nowMs() + forMs);
    },
    editIntervalMs: (chatId) => EDIT_MS[kind(chatId)],
  };
}
