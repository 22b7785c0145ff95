/**
 * A conversation as a Markdown page. Pure. Claude's words are Markdown as they
 * are; the person's are quoted, so that their headings are not taken for ours.
 */
import { oneLine, type PageSession, type PageTurn, type Piece } from "./conversation.ts";

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
  for (const text of steered) parts.push(...meanwhile(text));
  if ("lost" in answered) return [...parts, "**Claude**", `*${answered.lost}*`];
  parts.push(`**Claude** · ${answered.facts}`);
  if (answered.tools.length > 0) parts.push(answered.tools.map((tool) => `- ${tool}`).join("\n"));
  if (answered.pieces.every(({ by }) => by !== "claude")) parts.push("*No text.*");
  return [...parts, ...answered.pieces.flatMap(renderPiece)];
}

function renderPiece(piece: Piece, index: number): string[] {
  // The first of Claude's stands below the heading of the whole answer.
  if (piece.by === "claude") return index === 0 ? [piece.text] : ["**Claude**", piece.text];
  return [...meanwhile(piece.text), ...(piece.files === undefined ? [] : [`*${piece.files}*`])];
}

const meanwhile = (text: string): string[] => ["**You**, while Claude worked", quote(text)];

function quote(text: string): string {
  return text
    .split("\n")
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");
}
