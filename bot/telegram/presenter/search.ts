/**
 * What a search found, as a list with buttons. What was said stands in it as data.
 * Pure.
 */
import { shortId } from "../../store/session.ts";
import type { Hit, SearchResult } from "../../turns/search/search.ts";
import type { Button, Part } from "../delivery.ts";
import { bold, code, concat, f, type Formatted, join, plain } from "../formatted.ts";
import { messages, say } from "./messages.ts";
import { sessionName } from "./sessions.ts";
import { ago, clip, count } from "./words.ts";

const PAGE = 5;

/** One page of what was found for `text`. */
export function searchResults(options: {
  id: string;
  text: string;
  result: SearchResult;
  page: number;
  now: Date;
}): Part[] {
  const { id, result, now } = options;
  const { hits, isWhole } = result;
  const cut = isWhole ? "" : "⚠️ Stopped before all was searched; narrower words help.";
  const wanted = code(clip(options.text, 60));
  if (hits.length === 0) {
    const what = /\s/.test(options.text.trim()) ? f`all of ${wanted}` : wanted;
    return messages(join([f`🔎 Nothing here has ${what}.`, cut], "\n"));
  }
  const last = Math.ceil(hits.length / PAGE) - 1;
  const page = Math.min(Math.max(0, Math.trunc(options.page)), last);
  const shown = hits.slice(page * PAGE, page * PAGE + PAGE);
  const where = last > 0 ? `, page ${page + 1} of ${last + 1}` : "";
  const lead = f`🔎 ${wanted} is in ${count(hits.length, "session")}${where}:`;
  const rows = shown.map((hit): Button[] => [buttonOf(hit)]);
  return messages(join([lead, ...shown.map((hit) => line(hit, now)), cut], "\n\n"), [
    ...rows,
    ...pager(id, page, last),
  ]);
}

function line({ session, isArchived, at, snippet, count: turns }: Hit, now: Date): Formatted {
  const facts = [
    isArchived ? "archived" : undefined,
    at === undefined ? undefined : ago(at, now),
    turns > 1 ? `${turns} times` : undefined,
    turns === 0 ? "by its name" : undefined,
  ].filter((fact) => fact !== undefined);
  const tail = facts.length === 0 ? "" : ` · ${facts.join(" · ")}`;
  const words = snippet && concat("\n", plain(snippet.before), bold(snippet.found), plain(snippet.after));
  return concat(isArchived ? "📦 " : "○ ", sessionName(session), tail, words ?? "");
}

function buttonOf({ session, isArchived }: Hit): Button {
  return isArchived
    ? { text: `Restore ${clip(session.name, 36)}`, data: `restore:${session.folder}` }
    : { text: `Switch to ${clip(session.name, 36)}`, data: `switch:${shortId(session)}` };
}

function pager(id: string, page: number, last: number): Button[][] {
  const row: Button[] = [];
  if (page > 0) row.push({ text: "◀ back", data: `found:${id}:${page - 1}` });
  if (page < last) row.push({ text: "more ▶", data: `found:${id}:${page + 1}` });
  return row.length > 0 ? [row] : [];
}

export const searchHelp = (): Part[] =>
  say(
    f`${code("/search WORDS")} finds the sessions of this chat, archived ones too, in which all the words were said, by you or by Claude. Capitals and accents make no difference.`,
  );

/** Why a press does nothing, in a few words. */
export const searchExpired = "That search is forgotten. Search again.";
