/**
 * What a command is: a name, a line for the menu, and a function from what was
 * asked to what is answered. It never sends by itself. Types only.
 */
import type { Place } from "../turns/view.ts";
import type { Part } from "./delivery.ts";

/** What a command is asked with. `text` is what follows its name, trimmed. */
export interface Request {
  readonly updateId: number;
  readonly place: Place;
  readonly userId: number;
  readonly text: string;
  /** The message that asked, or the one whose button did. */
  readonly messageId?: number;
  /** The message that it replies to. */
  readonly replyTo?: number;
  /** Topics can be opened in this chat. */
  readonly hasTopics?: boolean;
  /** What the topic is called in which it was asked, where Telegram says so. */
  readonly topicName?: string;
  /** Lets what was said next in the chat through, before all is done. */
  readonly letNext?: () => void;
}

export interface Command {
  /** Without the slash: `[a-z0-9_]`, at most 32 characters. */
  readonly name: string;
  readonly description: string;
  /** It may take minutes: the chat shows that something goes on. */
  readonly isSlow?: boolean;
  /** What is said next is meant for where it leads, and waits for that as for any other; what is slow else waits for nobody. */
  readonly leads?: boolean;
  /** It only tells, or is over when it comes late: it may be done however long it waited. */
  readonly isHarmless?: boolean;
  run(request: Request): Promise<readonly Part[]>;
  /** Called when what it answered stands in the chat, not across a crash. */
  sent?(request: Request): Promise<void>;
}

/** A kind of button. Its data is `<kind>` or `<kind>:<id>`; the id is looked up, never trusted. */
export type ButtonKind = WorkButton | TapButton;

/** One whose press is answered before its work begins. */
export interface WorkButton {
  readonly kind: string;
  readonly isSlow?: boolean;
  readonly leads?: boolean;
  /** Why a press does nothing any more, in a few words; undefined if it does. */
  refuse?(request: Request): string | undefined | Promise<string | undefined>;
  /** What stands in place of the message that the button was under; undefined where a turn shows it by itself. */
  press(request: Request): Promise<readonly Part[] | undefined>;
}

/** One that must decide before its press can be answered; deciding takes no time that a person would notice. */
export interface TapButton {
  readonly kind: string;
  tap(request: Request): Promise<Tapped>;
}

/** What a tap came to: a few words for the person at once, and what is left to do; it may give what stands in place of the message. */
export interface Tapped {
  readonly toast: string;
  after?(): Promise<readonly Part[] | undefined>;
}

/** Splits words; "…" or '…' keeps spaces together. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const match of text.matchAll(/"([^"]*)"|'([^']*)'|“([^”]*)”|(\S+)/g)) {
    words.push(match[1] ?? match[2] ?? match[3] ?? match[4] ?? "");
  }
  return words;
}
