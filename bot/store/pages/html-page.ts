/**
 * A conversation as an HTML page: one file, no script, nothing loaded. Pure. It
 * promises that whatever a person or a model wrote is text: every word is
 * escaped, and a policy in the page forbids the rest.
 */
import { oneLine, type PageSession, type PageTurn, type Piece } from "./conversation.ts";
import { escapeHtml, markdownToHtml } from "./markdown-html.ts";

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 46rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 0.5rem; font-size: 0.9rem; font-weight: normal; opacity: 0.6; }
.you, .claude { border-radius: 0.75rem; padding: 0.1rem 1rem; margin: 0.5rem 0; }
.you { background: #7772; white-space: pre-wrap; padding: 0.6rem 1rem; }
.note { opacity: 0.6; font-size: 0.9rem; }
pre { overflow-x: auto; background: #7772; border-radius: 0.5rem; padding: 0.6rem 0.8rem; }
code { font: 0.9em ui-monospace, monospace; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid #7776; padding: 0.2rem 0.6rem; text-align: left; }
blockquote { border-left: 3px solid #7776; margin-left: 0; padding-left: 1rem; }
`;

/** Renders the page; turns in the order given. */
export function htmlPage(session: PageSession, turns: readonly PageTurn[]): string {
  const name = escapeHtml(oneLine(session.name));
  const facts = `Session ${session.id} · persona ${oneLine(session.persona)} · created ${session.createdAt}`;
  const body = turns.length === 0 ? [note("No turns.")] : turns.flatMap(renderTurn);
  return [
    "<!doctype html>",
    '<html><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${name}</title><style>${STYLE}</style></head><body>`,
    `<h1>${name}</h1>`,
    note(facts),
    ...body,
    "</body></html>\n",
  ].join("\n");
}

function renderTurn({ number, at, asked, files, steered, answered }: PageTurn): string[] {
  const parts = [`<h2>${number} · ${escapeHtml(at)}</h2>`];
  parts.push("lost" in asked ? note(asked.lost) : you(asked.text));
  if (files !== undefined) parts.push(note(files));
  for (const text of steered) parts.push(...meanwhile(text));
  if ("lost" in answered) return [...parts, note(answered.lost)];
  if (answered.tools.length > 0) parts.push(folded(answered.tools));
  if (answered.pieces.every(({ by }) => by !== "claude")) parts.push(claude(note("No text.")));
  return [...parts, ...answered.pieces.flatMap(renderPiece), note(`Claude · ${answered.facts}`)];
}

function renderPiece(piece: Piece): string[] {
  if (piece.by === "claude") return [claude(markdownToHtml(piece.text))];
  return [...meanwhile(piece.text), ...(piece.files === undefined ? [] : [note(piece.files)])];
}

const meanwhile = (text: string): string[] => [note("While Claude worked:"), you(text)];

function claude(html: string): string {
  return `<div class="claude">${html}</div>`;
}

function you(text: string): string {
  return `<div class="you">${escapeHtml(text)}</div>`;
}

function note(text: string): string {
  return `<p class="note">${escapeHtml(text)}</p>`;
}

function folded(tools: readonly string[]): string {
  const items = tools.map((tool) => `<li>${escapeHtml(tool)}</li>`).join("");
  const count = tools.length === 1 ? "1 tool" : `${tools.length} tools`;
  return `<details class="note"><summary>${count}</summary><ul>${items}</ul></details>`;
}
