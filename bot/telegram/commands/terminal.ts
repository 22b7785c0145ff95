/**
 * /terminal: the line that goes on with the current session at a terminal, and
 * the buttons of a session that is, or was, there. None of them ends a process
 * of the person's.
 */
import { modesOf } from "../../store/modes.ts";
import type { Session } from "../../store/session.ts";
import type { AtTerminal } from "../../turns/terminal/terminal.ts";
import type { Command, Request, WorkButton } from "../command.ts";
import type { Part } from "../delivery.ts";
import { alreadyDecided, pressExpired } from "../presenter/replies.ts";
import { noCurrentSession } from "../presenter/session-replies.ts";
import {
  atTerminal,
  backHere,
  droppedKept,
  notForkedYet,
  notTaken,
  stillKept,
  stillOpen,
  takenOver,
  terminalLine,
  type TerminalVerb,
} from "../presenter/terminal.ts";
import { type ForkDeps, moveTo } from "./fork.ts";
import type { StatusDeps } from "./status.ts";

export interface TerminalDeps extends ForkDeps, Pick<StatusDeps, "personas" | "permissionMode"> {
  /** What the person types to start Claude Code: its name or path, and where its folder is not the usual one, that. */
  readonly cli: { readonly bin: string; readonly configDir?: string };
}

/** The command. */
export function terminalCommand(deps: TerminalDeps): Command {
  return {
    name: "terminal",
    description: "go on with this session at a terminal; again: back to the phone",
    async run({ place }) {
      const session = deps.sessions.current(place);
      if (session === undefined) return noCurrentSession();
      if (session.terminal !== undefined) return back(deps, session);
      if (session.forkOf !== undefined) return notForkedYet(session);
      const line = await lineOf(deps, session);
      const marked = await deps.turns.terminal.mark(session.id);
      if (!marked.ok) return notTaken();
      return terminalLine(session, line, deps.turns.isRunning(session.id));
    },
  };
}

/** The buttons, one kind. */
export function terminalButton(deps: TerminalDeps): WorkButton {
  const { terminal } = deps.turns;
  /** Sessions that a press is about: a second tap makes no second copy. */
  const underWay = new Set<string>();
  return {
    kind: "terminal",
    isSlow: true,
    leads: true,
    async refuse(request) {
      const found = read(deps, request);
      if (found === undefined) return pressExpired;
      const { session } = found;
      if (underWay.has(session.id)) return alreadyDecided;
      const isOpen =
        terminal.stalled(session.id) > 0 ||
        session.terminal !== undefined ||
        (await terminal.look(session)) !== undefined;
      return isOpen ? undefined : alreadyDecided;
    },
    async press(request) {
      const { session, verb } = read(deps, request) ?? {};
      if (session === undefined || verb === undefined || underWay.has(session.id)) return undefined;
      underWay.add(session.id);
      return WORK[verb](deps, request, session).finally(() => underWay.delete(session.id));
    },
  };
}

type Work = (deps: TerminalDeps, request: Request, session: Session) => Promise<Part[]>;

const WORK: Record<TerminalVerb, Work> = {
  async take(deps, _, session) {
    const at = await deps.turns.terminal.look(session);
    return at && at.holders.length > 0 ? stillOpen(session, at) : takeOver(deps, session);
  },
  async anyway(deps, _, session) {
    return takeOver(deps, session, await deps.turns.terminal.look(session));
  },
  async fork(deps, request, session) {
    const { place, userId: createdBy, updateId: originUpdateId, messageId } = request;
    // The first stays where it is: at the desk.
    if (session.terminal === undefined) await deps.turns.terminal.mark(session.id);
    const outcome = await deps.forking.fork({
      session,
      place,
      createdBy,
      originUpdateId,
      ...(messageId === undefined ? {} : { originMessageId: messageId }),
    });
    const told = await moveTo(deps, request, session, { outcome, releases: true });
    return outcome.ok ? told : [...told, ...stillWaiting(deps, session)];
  },
  async wait({ turns: { terminal } }, _, session) {
    terminal.wait(session.id);
    return stillKept(session, terminal.stalled(session.id));
  },
  drop: async ({ turns }, _, session) => droppedKept(await turns.terminal.drop(session.id)),
  back: (deps, _, session) => back(deps, session),
};

async function takeOver(deps: TerminalDeps, session: Session, despite?: AtTerminal): Promise<Part[]> {
  const { terminal } = deps.turns;
  const taken = await terminal.takeBack(session.id, despite?.holders);
  if (!taken.ok) return [...notTaken(), ...stillWaiting(deps, session)];
  return takenOver(session, await terminal.release(session.id));
}

/** What was not done leaves the person with the same choice. */
function stillWaiting({ turns: { terminal } }: TerminalDeps, session: Session): Part[] {
  const waiting = terminal.stalled(session.id);
  return waiting > 0 ? stillKept(session, waiting) : [];
}

/** What happened there is told before the mark goes. */
async function back(deps: TerminalDeps, session: Session): Promise<Part[]> {
  const { terminal } = deps.turns;
  const at = await terminal.look(session);
  if (at !== undefined) return atTerminal(session, at, terminal.stalled(session.id));
  const taken = await terminal.takeBack(session.id);
  if (!taken.ok) return notTaken();
  const released = await terminal.release(session.id);
  return released > 0 ? takenOver(session, released) : backHere(session);
}

function read(deps: TerminalDeps, { text, place }: Request) {
  const [, verb, ref = ""] = /^(take|anyway|fork|wait|drop|back):([0-9a-f]{8})$/.exec(text) ?? [];
  const found = deps.sessions.find(place.chatId, ref);
  return verb === undefined || found.kind !== "one"
    ? undefined
    : { verb: verb as TerminalVerb, session: found.session };
}

async function lineOf(deps: TerminalDeps, session: Session): Promise<string> {
  const { bin, configDir } = deps.cli;
  const persona = await deps.personas.read(session.persona);
  const { model } = modesOf(session, persona.ok ? persona.persona : {}, deps.permissionMode);
  const isBegun = await deps.turns.terminal.isBegun(session);
  const words = [
    ...(configDir === undefined ? [] : [`CLAUDE_CONFIG_DIR=${forShell(configDir)}`]),
    /^[\w./-]+$/.test(bin) ? bin : forShell(bin),
    isBegun ? "--resume" : "--session-id",
    session.claudeSessionId,
    ...(model === undefined ? [] : ["--model", forShell(model)]),
  ];
  return `cd ${forShell(session.cwd)} && ${words.join(" ")}`;
}

/** One word for a shell, whatever is in it. */
function forShell(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
