/**
 * A session's conversation as a file, and why there is none. Pure.
 */
import type { PageFormat } from "../../store/archive/page.ts";
import type { Fault } from "../../store/archive/types.ts";
import type { Session } from "../../store/session.ts";
import { MOST_SENT_BYTES } from "../../turns/most-sent.ts";
import type { Part } from "../delivery.ts";
import { f } from "../formatted.ts";
import { say } from "./messages.ts";
import { sessionName } from "./sessions.ts";
import { count, fileName, size } from "./words.ts";

type Named = Pick<Session, "id" | "name">;

/** The file, or that it is too big for one. */
export function exported(
  session: Named,
  format: PageFormat,
  page: { readonly path: string; readonly turns: number; readonly bytes: number },
): Part[] {
  if (page.bytes > MOST_SENT_BYTES.file)
    return say(
      f`⚠️ The conversation of ${sessionName(session)} has ${size(page.bytes)}, more than a bot can send. Its archive holds it as transcript.md.`,
    );
  const caption = f`📄 ${sessionName(session)}: ${count(page.turns, "turn")}.`;
  const name = fileName(`${session.name}.${format}`);
  return [{ kind: "file", name, path: page.path, isPhoto: false, caption }];
}

export const nothingToExport = (session: Named): Part[] =>
  say(f`Nothing was said in ${sessionName(session)} yet.`);

export function exportFailed(session: Named, failure: Fault): Part[] {
  const why =
    failure.kind === "disk_full"
      ? "there is not enough room on the disk."
      : failure.kind === "damaged"
        ? "its archive is damaged."
        : "it broke down; the log says how.";
  return say(f`⚠️ ${sessionName(session)} was not exported: ${why}`);
}
