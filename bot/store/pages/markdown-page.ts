/**
 * A conversation as a Markdown page. Pure. Claude's words are Markdown as they
 * are; the person's are quoted, so that their headings are not taken for ours.
 */
import { oneLine, type PageSession, type PageTurn } from "./conversation.ts";

/** Renders the page; turns in the order given. */
export function markdownPage(session: PageSession, turns: readonly PageTurn[]): string {
  const parts = [
    `# ${oneLine(session.name)}`,
    `Session ${session.id} · persona ${oneLine(session.persona)} · created ${session.createdAt}`,
  ];
  if (turns.length === 0) parts.push("*No turns.*");
  for (const turn of turns) parts.push(...renderTurn(turn));
  return `${parts.join("\n\n")}\n`;
}

function renderTurn({ number, at, asked, files, steered, answered }: PageTurn): string[] {
  const parts = [`## ${number} · ${at}`, "**You**", "lost" in asked ? `*${asked.lost}*` : quote(asked.text)];
  if (files !== undefined) parts.push(`*${files}*`);
  for (const text of steered) parts.push("**You**, while Claude worked", quote(text));
  if ("lost" in answered) return [...parts, "**Claude**", `*${answered.lost}*`];
  parts.push(`**Claude** · ${answered.facts}`);
  if (answered.tools.length > 0) parts.push(answered.tools.map((tool) => `- ${tool}`).join("\n"));
  parts.push(answered.text.trim() === "" ? "*No text.*" : answered.text.trimEnd());
  return parts;
}

function quote(text: string): string {
  return text
    .split("\n")
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");
}
