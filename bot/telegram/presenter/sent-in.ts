/**
 * What is said about what a person sent in: files, voice, what cannot be read.
 * Pure.
 */
import type { Note, Refusal } from "../../turns/view.ts";
import type { Part } from "../delivery.ts";
import { bold, code, f, type Formatted, plain } from "../formatted.ts";
import { say } from "./messages.ts";
import { clip, size } from "./words.ts";

/** What was understood of a voice message. */
export function heardWords(text: string): Formatted {
  return f`🎙 I heard: ${text}`;
}

/** Why a file that came with a message kept it from running. */
export function notFetchedWords({ name, why }: Refusal & { kind: "file_not_fetched" }): Formatted {
  const file = fileWords(name);
  switch (why) {
    case "too_big":
      return f`${file} is larger than the 20 MB that Telegram lets a bot fetch. Send a smaller one, or put it on the machine and say where.`;
    case "gone":
      return f`Telegram does not have ${file} any more. Send it again.`;
    case "unreached":
      return f`${file} could not be fetched from Telegram, tried several times. Send the message again.`;
  }
}

/** Why it is not known what a voice message said. */
export function notHeardWords({ why, detail = "" }: Refusal & { kind: "not_heard" }): Formatted {
  const told = detail === "" ? "" : ` It said: ${clip(detail, 300)}`;
  switch (why) {
    case "not_set_up":
      return f`there is nothing here that understands speech. ${code("TRANSCRIBE_CMD")} names a program that does; until then, write.`;
    case "not_started":
      return f`the program that ${code("TRANSCRIBE_CMD")} names could not be started.${told}`;
    case "failed":
      return f`the program that ${code("TRANSCRIBE_CMD")} names failed.${told} Send it again, or write.`;
    case "timed_out":
      return f`the program that ${code("TRANSCRIBE_CMD")} names took too long. Send a shorter one, or write.`;
    case "silence":
      return plain("no words were heard in it. Send it again, or write.");
  }
}

/** Beside an answer to which a file came that is not whole. */
export function brokenFileWords({ as, name }: Note & { kind: "broken_file" }): Formatted {
  const what = as === "image" ? "an image that can be shown" : "a PDF that can be read";
  return f`ℹ️ ${fileWords(name)} is not ${what} (cut off, or something else by its content). Claude got it as a plain file.`;
}

/** A file that no bot can fetch: nothing was done with its message. */
export const tooBig = (file: { name?: string; bytes: number; isArchive?: boolean }): Part[] =>
  say(
    f`⚠️ ${fileWords(file.name)} has ${size(file.bytes)}; Telegram lets a bot fetch no more than 20 MB, so nothing was done with this message. Send a smaller one, or put it on the machine and say where.${
      file.isArchive
        ? f` Is it a session's archive? Put it into the folder of the archives there (${code("ARCHIVE_DIR")}), under the name that it was sent with: /restore lists it then.`
        : ""
    }`,
  );

export const noTranscriber = (): Part[] =>
  say(
    f`🎙 Voice messages need a program that makes text of speech, and none is set up here: ${code("TRANSCRIBE_CMD")} names it. Nothing was done with this message; write it instead.`,
  );

/** What was sent, but is nothing that could be passed on. */
export const unreadable = (): Part[] =>
  say(
    "This kind of message cannot be read here, and nothing was done with it. Text, photos, files, voice, places and contacts can.",
  );

function fileWords(name: string | undefined): Formatted {
  return name === undefined ? plain("the file") : bold(clip(name, 60));
}
