/**
 * What a turn is started with, as `prompt.json` keeps it, and what the model is
 * told of a turn that was cut off. Pure.
 */
import { z } from "zod";
import type { Session } from "../store/session.ts";
import { disarm } from "./content.ts";
import { type KeptOrder, quoteSchema } from "./order.ts";
import type { Ask, Permission, Place, ToolUse } from "./view.ts";

/** What is kept of a turn that was cut off, until the model was told. */
export interface CutOff {
  readonly said: string;
  readonly tools: readonly string[];
}

/** `prompt.json`: all that a turn was started with; written before its process. Times are ISO-8601 UTC. */
export const promptFile = z.looseObject({
  version: z.literal(1),
  updateId: z.int(),
  sessionId: z.string(),
  /** The uuid of the message as the CLI knows it; a retry takes a new one, since a known one is swallowed. */
  messageUuid: z.string(),
  claudeSessionId: z.string(),
  createdAt: z.string(),
  /** The person's words. */
  text: z.string(),
  /** What was put before them. */
  preface: z.string().exactOptional(),
  /** What is replied to. */
  quote: quoteSchema.exactOptional(),
  /** What a voice message said. */
  heard: z.string().exactOptional(),
  /** What came along, in the session's `uploads/`; `isShown`: the model saw it with the message. */
  attachments: z
    .array(
      z.looseObject({
        file: z.string(),
        kind: z.string(),
        name: z.string().exactOptional(),
        mimeType: z.string(),
        bytes: z.int(),
        isShown: z.boolean(),
      }),
    )
    .exactOptional(),
});
export type PromptFile = z.infer<typeof promptFile>;

const SAID_UNITS = 1_500;

/** What the model is told about a turn that was cut off: the CLI itself does not, or not fully. */
export function tellCutOff(cutOff: CutOff): string {
  const said =
    cutOff.said.length > SAID_UNITS ? `…${cutOff.said.slice(-SAID_UNITS).toWellFormed()}` : cutOff.said;
  const tools =
    cutOff.tools.length === 0
      ? "No tool had finished."
      : `Tools that had already finished, with their effects in place: ${cutOff.tools.join("; ")}.`;
  return [
    "(Note from the chat bridge: the previous turn was cut off before it was finished, because the machine or the bot went down.",
    tools,
    said === ""
      ? "Nothing of the answer had been shown.)"
      : `The person saw this much of the answer:\n${said}\n)`,
  ].join(" ");
}

/** What the model is told of files that the person put back; names are data. */
export function tellUndone({ way, files }: NonNullable<Session["undone"]>): string {
  const what =
    way === "undo"
      ? "the person has undone what an earlier turn of yours changed in these files, so they are as they were before it"
      : "the person has brought back what an earlier turn of yours changed in these files";
  const names = files.map((file) => disarm(JSON.stringify(file))).join(", ");
  return `(Note from the chat bridge: ${what}: ${names}. Read them again before you rely on them.)`;
}

/** What the model is told at the beginning of a copy that has its own copies of the files. */
export function tellFork(from: string, to: string): string {
  return `(Note from the chat bridge: this conversation is a copy that goes its own way. Its files were copied from ${disarm(from)} to ${disarm(to)}; work there from now on, and leave the old ones alone.)`;
}

/** What the model is told of who writes, where it may be one of several. */
export function tellSpeaker(name: string): string {
  return `(Note from the chat bridge: this is a group chat, and the next message was written by "${name}".)`;
}

/** The words that take up a turn that was cut off. */
export function continuation(texts: readonly string[]): string {
  const by = texts.length === 1 ? "this message" : "these messages, one after the other";
  return `Please continue the turn that was cut off; do not repeat what is already done. It was asked for with ${by}:\n\n${texts.join("\n\n")}`;
}

const REQUEST_UNITS = 4_000;

/** The turn in which a permission or a plan holds that came too late for its own. */
export function lateOrder(
  { about, updateId, n }: Ask,
  by: { readonly place: Place; readonly userId: number },
): KeptOrder {
  const given =
    about.kind === "permission"
      ? `I allow now what nobody had answered before. Do exactly this, then go on with what you were doing:

${about.toolName} ${exactly(about)}`
      : "I agree to your plan now, which nobody had answered before. Carry it out.";
  const { place, userId: createdBy } = by;
  return { place, createdBy, text: given, grant: { updateId, n } };
}

/** What was asked; nothing in it makes the CLI read a file into the prompt. */
function exactly({ doing }: Permission): string {
  const whole =
    doing.kind === "command"
      ? doing.command
      : doing.kind === "change"
        ? doing.path
        : doing.kind === "fetch"
          ? doing.url
          : doing.input;
  const shown = whole.length > REQUEST_UNITS ? `${whole.slice(0, REQUEST_UNITS).toWellFormed()}…` : whole;
  return shown.replaceAll(/(^|[^\w`])@/g, "$1@\u2060");
}

/** What a cut-off turn leaves behind. */
export function cutOffOf(text: string, tools: readonly ToolUse[]): CutOff {
  return {
    said: text,
    tools: tools
      .filter((tool) => tool.endedAt !== undefined)
      .map((tool) => `${tool.name} ${tool.title}`.trim()),
  };
}
