/**
 * An answer while it is written, as a draft: a preview that Telegram shows with a
 * Stop button of its own, forgets within 30 seconds, and wipes when a real message
 * comes. Only the last words are a draft; what stands above them is sent for real.
 * Where drafts are refused, the rest of the answer grows by edits, and nobody is
 * told. It promises that after `end` no call is under way that could show one.
 */
import type { Part } from "./delivery.ts";
import { type Formatted, plain } from "./formatted.ts";
import type { LiveMessage } from "./live-message.ts";
import type { EditResult } from "./slot.ts";

/** Shows a draft; an empty one is Telegram's own "Thinking…". */
export type SendDraft = (content: Formatted, signal: AbortSignal) => Promise<EditResult>;

export interface DraftedMessage {
  /** What should be seen now; made only if it is shown. */
  show(make: () => readonly Part[]): void;
  /** Something new stands in the chat: it has wiped the draft. */
  wiped(): void;
  /** Whether drafts are still taken. */
  isOpen(): boolean;
  /** No draft any more. Resolves within `END_MS`. */
  end(): Promise<void>;
}

/** Others pace by 250 to 500 ms; what Telegram takes is written nowhere. */
const PACE_MS = 500;
/** Telegram forgets a draft after 30 s. */
const REFRESH_MS = 20_000;
const RETRY_MS = 2_000;
const MAX_UNREACHED = 5;
/** How long a call under way may delay the answer. */
const END_MS = 2_000;

/** Makes the draft of one answer; `live` sends what must stand, and is what it falls back to. */
export function createDraftedMessage(options: {
  send: SendDraft;
  live: LiveMessage;
  /** Until the chat may be written to, in ms. */
  delayMs: () => number;
  nowMs: () => number;
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** How many parts stand already, from an earlier life. */
  standing?: number;
  onShown: () => void;
}): DraftedMessage {
  const { send, live, nowMs, wait } = options;
  let latest: () => readonly Part[] = () => [];
  /** `latest` was not looked at yet. */
  let isNew = false;
  let shown: string | undefined;
  let isWiped = false;
  let isOpen = true;
  let lastCallAt = Number.NEGATIVE_INFINITY;
  let unreached = 0;
  /** So many parts were sent for real; they only change in place, and are no draft again. */
  let stood = options.standing ?? 0;
  let running: Promise<void> | undefined;
  let wake = new AbortController();
  const ending = new AbortController();

  const pauseMs = (): number => {
    const sinceLast = nowMs() - lastCallAt;
    const due = unreached > 0 ? RETRY_MS : isNew || isWiped ? PACE_MS : REFRESH_MS;
    return Math.max(0, due - sinceLast, options.delayMs());
  };

  async function run(): Promise<void> {
    for (;;) {
      if (!isOpen) return;
      const pause = pauseMs();
      if (pause > 0) {
        wake = new AbortController();
        await wait(pause, AbortSignal.any([wake.signal, ending.signal]));
        continue;
      }
      await step(latest());
    }
  }

  async function step(parts: readonly Part[]): Promise<void> {
    isNew = false;
    const draft = draftOf(parts, stood);
    const standing = draft === undefined ? parts : parts.slice(0, Math.max(stood, parts.length - 1));
    stood = Math.max(stood, standing.length);
    if (standing.length > 0) live.show(() => standing);
    const key = JSON.stringify(draft);
    const isDue = isWiped || nowMs() - lastCallAt >= REFRESH_MS;
    if (draft === undefined || (key === shown && !isDue)) {
      // Looked at again when there is something new, or when a draft would have to be refreshed.
      if (isDue) lastCallAt = nowMs();
      [shown, isWiped, unreached] = [key, false, 0];
      return;
    }
    lastCallAt = nowMs();
    isWiped = false;
    const result = await send(draft, ending.signal);
    if (result.ok) {
      unreached = 0;
      shown = key;
      options.onShown();
      return;
    }
    const { kind } = result.refusal;
    unreached = kind === "unreached" || kind === "unsure" ? unreached + 1 : MAX_UNREACHED;
    if (unreached >= MAX_UNREACHED && !ending.signal.aborted) fallBack();
  }

  function fallBack(): void {
    isOpen = false;
    live.show(latest);
  }

  return {
    show(make) {
      if (!isOpen) return live.show(make);
      latest = make;
      isNew = true;
      wake.abort();
      running ??= run();
    },
    wiped() {
      isWiped = true;
      wake.abort();
    },
    isOpen: () => isOpen,
    async end() {
      isOpen = false;
      wake.abort();
      const overdue = new AbortController();
      await Promise.race([running, wait(END_MS, overdue.signal)]);
      // One that still hangs is cut off: it may be seen for half a minute beside the answer, not longer.
      ending.abort();
      overdue.abort();
    },
  };
}

/** The last words, or Telegram's "Thinking…" where all there is stands already; none where it is a message of its own, such as a question. */
function draftOf(parts: readonly Part[], stood: number): Formatted | undefined {
  const last = parts.at(-1);
  const isPressed = last?.kind === "text" && (last.buttons ?? []).flat().some((button) => "data" in button);
  if (isPressed) return undefined;
  if (last === undefined || parts.length <= stood) return plain("");
  return last.kind === "text" ? last.content : undefined;
}
