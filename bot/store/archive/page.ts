/**
 * A session's conversation, written as a page. Runs in the child process: a long
 * one takes seconds. It does not know who reads it.
 */
import type { PageSession } from "../pages/conversation.ts";
import { readConversation } from "../pages/conversation.ts";
import { markdownPage } from "../pages/markdown-page.ts";
import { readPackedTurns, readTurns } from "../pages/read-turns.ts";
import { writeFileDurably } from "../json-file.ts";
import { readTar } from "./tar-reader.ts";

export type PageFormat = "md" | "html";

/** Where the turns are: a session's live folder `turns/`, or its tarball. Absolute paths. */
export type PageSource = { readonly turns: string } | { readonly tarball: string };

/** Writes the page durably to `to`. Throws a Refusal where a tarball is damaged. */
export async function writePage(
  from: PageSource,
  session: PageSession,
  format: PageFormat,
  to: string,
): Promise<{ turns: number; bytes: number }> {
  const texts = "turns" in from ? await readTurns(from.turns) : await readTar(from.tarball, readPackedTurns);
  const turns = readConversation(texts);
  const render = format === "md" ? markdownPage : await loadHtmlPage();
  const page = Buffer.from(render(session, turns));
  await writeFileDurably(to, page);
  return { turns: turns.length, bytes: page.length };
}

/** Its Markdown parser is large, and archiving has no use for it. */
async function loadHtmlPage() {
  return (await import("../pages/html-page.ts")).htmlPage;
}
