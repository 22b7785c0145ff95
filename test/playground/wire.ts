/**
 * What the server tells the page. Types only, and plain ones: the page is
 * checked as a browser's code and knows neither Node nor grammY.
 */

/** A stretch of a text; offsets are UTF-16 units, names are Telegram's. */
export interface WireEntity {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
  readonly language?: string;
}

/** A button under a message. `press` goes to the bot, the others stay in the page. */
export interface WireButton {
  readonly text: string;
  readonly kind: "press" | "open" | "copy" | "disabled";
  readonly style?: "primary" | "success" | "danger";
  /** The address to open, or the text to copy. */
  readonly value?: string;
}

/** A file that can be fetched at `files/<id>`. */
export interface WireFile {
  readonly id: string;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

/** The message that another one answers, in short. */
export interface WireReply {
  readonly id: number;
  readonly isMine: boolean;
  readonly text: string;
}

/** A message as it stands now. */
export interface WireMessage {
  readonly id: number;
  readonly isMine: boolean;
  /** Wall clock, ms. */
  readonly at: number;
  readonly isEdited: boolean;
  readonly isPinned: boolean;
  readonly topic?: number;
  readonly text: string;
  readonly entities: readonly WireEntity[];
  readonly rows: readonly (readonly WireButton[])[];
  readonly document?: WireFile;
  readonly photo?: WireFile;
  /** What else it holds, in a word: voice, sticker, … */
  readonly other?: string;
  /** Nobody said it: what happened, in words. */
  readonly service?: string;
  readonly replyTo?: WireReply;
  readonly reactions: readonly string[];
  /** Blocks of a rich message, as the bot gave them. */
  readonly rich?: unknown;
}

/** A draft of the bot: text that is not yet a message. */
export interface WireDraft {
  readonly id: number;
  readonly topic?: number;
  readonly text: string;
  readonly entities: readonly WireEntity[];
  readonly canStop: boolean;
  readonly rich?: unknown;
}

/** What the bot is busy with in a topic, and since when; it holds for five seconds. */
export interface WireTyping {
  readonly action: string;
  readonly topic?: number;
  readonly at: number;
}

export interface WireTopic {
  readonly id: number;
  readonly name: string;
}

export interface WireCommand {
  readonly command: string;
  readonly description: string;
}

/** Who answers: the person's own Claude Code, or a script. */
export interface WireClaude {
  readonly isScripted: boolean;
  /** A short name for the badge. */
  readonly title: string;
  /** What it means, in full. */
  readonly sentence: string;
}

/** Everything the page shows. */
export interface WireState {
  readonly bot: { readonly name: string; readonly isRunning: boolean; readonly ending: string };
  readonly claude: WireClaude;
  /** Where all of it is kept. */
  readonly folder: string;
  readonly commands: readonly WireCommand[];
  readonly topics: readonly WireTopic[];
  readonly typing: readonly WireTyping[];
  readonly drafts: readonly WireDraft[];
  readonly messages: readonly WireMessage[];
}

/** One event of the stream: the whole state at first, then what changed of it. `gone` are ids of deleted messages. */
export interface WireChange extends Partial<WireState> {
  readonly isWhole?: true;
  readonly gone?: readonly number[];
}

/** What `api/press` gives back: what the bot shows, or that it said nothing in time. */
export interface WirePressed {
  readonly isAnswered: boolean;
  readonly text: string;
  readonly isAlert: boolean;
}
