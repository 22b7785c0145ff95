/**
 * What is said of sessions that nobody uses. Pure.
 */
import type { Session } from "../../store/session.ts";
import { shortId } from "../../store/session.ts";
import type { Button, Part } from "../delivery.ts";
import { concat, f, type Formatted, join, plain } from "../formatted.ts";
import { messages } from "./messages.ts";
import { sessionName } from "./sessions.ts";
import { ago, clip, count, period } from "./words.ts";

/** Told a day before. `lead` is what a press came to. */
export function archivedSoon(
  sessions: readonly Session[],
  options: { afterMs: number; now: Date; lead?: Formatted },
): Part[] {
  const lead = options.lead ?? "";
  if (sessions.length === 0) return messages(join([lead, "Nothing else here is archived by itself."], "\n"));
  const what = sessions.length === 1 ? "This session is" : "These sessions are";
  const words = `🗄 ${what} archived tomorrow, unused for ${period(options.afterMs)} by then. /restore brings back what is archived.`;
  const lines = sessions.map((session) =>
    concat("• ", sessionName(session), `, last used ${ago(session.updatedAt, options.now)}`),
  );
  const rows = sessions.map((session): Button[] => [
    { text: `Keep ${clip(session.name, 24)}`, data: `keep:${shortId(session)}` },
    { text: "📌 Always keep", data: `keep:${shortId(session)}:always` },
  ]);
  return messages(join([lead, plain(words), ...lines], "\n"), rows);
}

export const kept = (session: Session, isForGood: boolean): Formatted =>
  isForGood
    ? f`📌 ${sessionName(session)} is never archived by itself from now on.`
    : f`👍 ${sessionName(session)} stays.`;

/** Told when it was done. */
export function archivedUnused(sessions: readonly Session[], afterMs: number): Part[] {
  return messages(
    join(
      [
        plain(`📦 Archived ${count(sessions.length, "session")}, unused for ${period(afterMs)}:`),
        ...sessions.map((session) => concat("• ", sessionName(session))),
        plain("Read back and compared; a tap or /restore brings one back."),
      ],
      "\n",
    ),
    sessions
      .slice(0, MOST_BUTTONS)
      .map(({ name, folder }) => [{ text: `Restore ${clip(name, 36)}`, data: `restore:${folder}` }]),
  );
}

const MOST_BUTTONS = 8;

export const notKept = (): Part[] => messages(plain("⚠️ The disk is full: nothing could be noted."));
