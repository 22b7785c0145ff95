/**
 * What Claude can do in its chat beside writing: an MCP server of ours, spoken
 * to over the run's own stream. It promises that every message is answered, that
 * a file is put where the text ended when Claude asked for it, and that a turn
 * which is taken up after a restart shows the same files at the same places.
 */
import type { ClaudeRun } from "../../claude/claude.ts";
import { createMcpServer } from "../../claude/mcp.ts";
import type { Bounds } from "../../store/confined-file.ts";
import type { Listener, Stage } from "../follow.ts";
import type { Desk } from "../asks/desk.ts";
import { askTool } from "./ask-buttons.ts";
import { type SendDeps, sendTools, type ToolCall } from "./send.ts";
import type { SentFiles } from "./sent-files.ts";

/** The server's name: the CLI calls its tools `mcp__parley__send_file`. Not "telegram", which may be another's. */
export const CHAT_SERVER = "parley";

/** The rule that allows all its tools; what a persona refuses still wins. */
export const CHAT_TOOLS_RULE = `mcp__${CHAT_SERVER}`;

const INSTRUCTIONS =
  "The person reads you in a Telegram chat and cannot see this machine. Where a file or an image says it better, send it.";

/**
 * Answers what the server is asked before there is a turn, as the turn's own would: who it is, and what
 * it can do. Nobody calls a tool then.
 */
export function chatHandshake(
  onBug: (error: unknown) => void,
): (server: string, message: unknown) => Promise<unknown> {
  const sent: SentFiles = { find: () => undefined, has: () => false, keep: async () => TOO_MANY };
  const bounds = { own: [], open: [], closed: [] };
  const desk: Pick<Desk, "pose"> = { pose: (_, __, settle) => settle([]) };
  const { own, nobody } = serversOf({ cwd: "/", bounds, sent, desk, onBug, put: () => false });
  const context = { key: "", at: 0 };
  return (name, message) => (name === CHAT_SERVER ? own : nobody).handle(message, context);
}

const TOO_MANY = { ok: false, kind: "too_many" } as const;

/** Which turn's tools these are. */
export interface ChatToolsOptions {
  readonly run: Pick<ClaudeRun, "answerMcp">;
  readonly cwd: string;
  readonly bounds: Bounds;
  readonly sent: SentFiles;
  /** Where the person is asked. It hears every event before we do. */
  readonly desk: Pick<Desk, "pose">;
  readonly onBug: (error: unknown) => void;
}

/** Makes the listener that serves them. */
export function chatTools({ run, cwd, bounds, sent, desk, onBug }: ChatToolsOptions): Listener {
  let stage: Stage | undefined;
  const put: SendDeps["put"] = (id, file, at) => stage?.put(id, { kind: "file", file }, at) ?? false;
  const { own, nobody } = serversOf({ cwd, bounds, sent, desk, onBug, put });

  return (event, current) => {
    if (event.type !== "mcp_message") return;
    stage = current;
    const { requestId, message } = event;
    const at = current.textEnd;
    if (event.isPast) {
      const known = sent.find(requestId);
      if (known) current.put(known.id, { kind: "file", file: known.file }, at);
      // What it asked then is shown as it ended.
      desk.pose(requestId, [], () => {});
      return;
    }
    const asked = event.server === CHAT_SERVER ? own : nobody;
    void asked.handle(message, { key: requestId, at }).then((answer) => run.answerMcp(requestId, answer));
  };
}

function serversOf(deps: SendDeps & Pick<ChatToolsOptions, "desk" | "onBug">) {
  const { desk, onBug } = deps;
  const tools = [...sendTools(deps), askTool(desk)];
  const own = createMcpServer<ToolCall>({ name: CHAT_SERVER, instructions: INSTRUCTIONS, tools, onBug });
  // A project's own settings may name one that its author meant to be: it has no tools here.
  const nobody = createMcpServer<ToolCall>({ name: "nobody", instructions: "", tools: [], onBug });
  return { own, nobody };
}
