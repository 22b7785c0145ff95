/**
 * What is to stand in a chat as the answer to one update, and how much of it is
 * known to stand there. Types only: `outbox.ts` carries it out.
 */
import type { Formatted } from "./formatted.ts";
import type { RichBlock } from "./rich.ts";

/** A button: one that tells us of a press, or one that copies a text by itself. */
export type Button = PressButton | CopyButton;

/** `data` is an id of ours (≤ 64 bytes), looked up when it is pressed. */
export interface PressButton {
  readonly text: string;
  readonly data: string;
  readonly style?: "primary" | "success" | "danger";
}

/** `copy` is what goes to the person's clipboard, 1–256 units; we hear nothing of it. */
export interface CopyButton {
  readonly text: string;
  readonly copy: string;
}

/** One message of an answer: text, rich or not, or a file. `buttons` are rows. */
export type Part = TextPart | RichPart | FilePart;

export interface TextPart {
  readonly kind: "text";
  readonly content: Formatted;
  readonly buttons?: readonly (readonly Button[])[];
}

/** A rich message; `plain` says the same where Telegram does not take it. */
export interface RichPart {
  readonly kind: "rich";
  readonly blocks: readonly RichBlock[];
  readonly plain: readonly TextPart[];
  readonly buttons?: readonly (readonly Button[])[];
}

/** A file: made of text, or a copy of ours on the disk, which must stay as it is until it is sent. */
export type FilePart = {
  readonly kind: "file";
  readonly name: string;
  readonly caption: Formatted;
} & (
  | { readonly body: string }
  /** `isPhoto`: shown as a picture, if Telegram takes it for one. */
  | { readonly path: string; readonly isPhoto: boolean }
);
