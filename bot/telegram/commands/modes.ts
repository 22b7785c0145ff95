/**
 * /model, /effort, /mode: what the current session is run with, from its next
 * turn on. Each button names its session: one that is pressed late changes no
 * other. What makes Claude ask nothing any more is asked for twice.
 */
import { type Modes, modesOf, type PermissionMode, readMode } from "../../store/modes.ts";
import type { Personas } from "../../store/personas.ts";
import type { SessionManager } from "../../store/session-manager.ts";
import { type Session, shortId } from "../../store/session.ts";
import type { WorkButton, Command, Request } from "../command.ts";
import type { Part } from "../delivery.ts";
import {
  confirmBypass,
  type ModeFacts,
  modeKept,
  modeList,
  modeNotSet,
  modeSet,
  noSuchMode,
} from "../presenter/modes.ts";
import { say } from "../presenter/messages.ts";
import { pressExpired } from "../presenter/replies.ts";
import { noCurrentSession } from "../presenter/session-replies.ts";

export interface ModeDeps {
  readonly sessions: SessionManager;
  readonly personas: Personas;
  /** The permission mode where neither session nor persona says one. */
  readonly permissionMode: PermissionMode;
  /** Whether the installed CLI takes an effort; undefined if that is not known. */
  readonly knowsEffort: () => Promise<boolean | undefined>;
}

/** The command's word for each of them. */
const KINDS = { model: "model", effort: "effort", permissionMode: "mode" } as const;

/** In a button's data: back to what the persona says. */
const RESET = "-";
/** In a button's data: the second press of what is dangerous. */
const CONFIRMED = "!";
/** In a button's data: nothing is changed after all. */
const KEEP = "=";

/** The three commands. */
export function modeCommands(deps: ModeDeps): Command[] {
  const command = (key: keyof Modes, description: string): Command => ({
    name: KINDS[key],
    description,
    async run(request) {
      const session = deps.sessions.current(request.place);
      if (session === undefined) return noCurrentSession();
      const wish = request.text;
      return wish === "" ? list(deps, key, session) : choose(deps, key, session, wish);
    },
  });
  return [
    command("model", "which model answers here: /model [name]"),
    command("effort", "how hard it thinks: /effort [level]"),
    command("permissionMode", "what Claude may do without asking: /mode [name]"),
  ];
}

/** The buttons of the lists. Their data is `<command>:<session>:<value>`. */
export function modeButtons(deps: ModeDeps): WorkButton[] {
  return (Object.keys(KINDS) as (keyof Modes)[]).map((key) => ({
    kind: KINDS[key],
    refuse: (request) => (pressed(deps, request) === undefined ? pressExpired : undefined),
    async press(request) {
      const press = pressed(deps, request);
      if (press === undefined) return say(pressExpired);
      const { session, value } = press;
      if (value === KEEP) return modeKept(session);
      const isConfirmed = value.endsWith(CONFIRMED);
      return choose(deps, key, session, isConfirmed ? value.slice(0, -CONFIRMED.length) : value, isConfirmed);
    },
  }));
}

function pressed(
  { sessions }: ModeDeps,
  { place, text }: Request,
): { session: Session; value: string } | undefined {
  const [id = "", value = ""] = text.split(":");
  const found = sessions.find(place.chatId, id);
  return found.kind === "one" ? { session: found.session, value } : undefined;
}

async function list(deps: ModeDeps, key: keyof Modes, session: Session): Promise<Part[]> {
  return modeList(key, await factsOf(deps, session));
}

async function choose(
  deps: ModeDeps,
  key: keyof Modes,
  session: Session,
  word: string,
  isConfirmed = false,
): Promise<Part[]> {
  const value = word === RESET ? undefined : readMode(key, word);
  if (value === undefined && word !== RESET) return noSuchMode(key, word);
  if (value === "bypassPermissions" && !isConfirmed && session.permissionMode !== value) {
    return confirmBypass(session, {
      yes: `${KINDS[key]}:${shortId(session)}:${value}${CONFIRMED}`,
      no: `${KINDS[key]}:${shortId(session)}:${KEEP}`,
    });
  }
  const updated = await deps.sessions.update(session.id, { [key]: value });
  if (!updated.ok) return modeNotSet();
  return modeSet(key, await factsOf(deps, updated.session));
}

async function factsOf(deps: ModeDeps, session: Session): Promise<ModeFacts> {
  const read = await deps.personas.read(session.persona);
  const persona = read.ok ? read.persona : {};
  return {
    session,
    effective: modesOf(session, persona, deps.permissionMode),
    fromPersona: modesOf({}, persona, deps.permissionMode),
    knowsEffort: await deps.knowsEffort(),
    dataOf: (key, value) => `${KINDS[key]}:${shortId(session)}:${value ?? RESET}`,
  };
}
