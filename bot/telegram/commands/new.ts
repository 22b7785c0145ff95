/**
 * /new [name] [persona] [--dir PATH]: makes a session, and makes it current only
 * where none is: nobody is moved out of a conversation by accident.
 */
import type { Personas } from "../../store/personas.ts";
import type { SessionManager } from "../../store/session-manager.ts";
import type { Turns } from "../../turns/turns.ts";
import { type ButtonKind, type Command, type Request, wordsOf } from "../command.ts";
import type { Part } from "../delivery.ts";
import { noSuchPersona } from "../presenter/personas.ts";
import { created, isMade, newHelp, noSuchFolder, notMade, notMoved } from "../presenter/session-replies.ts";
import { personaSlug } from "./persona.ts";
import type { FindFolder } from "../workspace.ts";

export interface NewDeps {
  readonly sessions: SessionManager;
  readonly personas: Personas;
  readonly turns: Turns;
  readonly defaultPersona: string;
  readonly findFolder: FindFolder;
  /** The folders that sessions may work in, to be named where another was asked for. */
  readonly workspaceRoots: readonly string[];
}

/** What `/new` was asked for. */
interface Wish {
  readonly name?: string;
  readonly persona?: string;
  readonly dir?: string;
}

/** The command. */
export function newCommand(deps: NewDeps): Command {
  return {
    name: "new",
    description: "make a session: /new [name] [persona] [--dir PATH]",
    async run(request) {
      const wish = await readWish(deps, request.text);
      return wish === undefined ? newHelp(deps.workspaceRoots) : makeSession(deps, request, wish);
    },
  };
}

/** A second tap so soon after the first is of the same finger: nobody has read yet what the first one did. */
const DOUBLE_TAP_MS = 2_000;

/** The button under every list of sessions. */
export function newButton(deps: NewDeps & { readonly now: () => Date }): ButtonKind {
  /** By chat: the message whose button was pressed last, and when. */
  const last = new Map<number, { messageId: number | undefined; at: number }>();
  return {
    kind: "new",
    refuse({ place, messageId }) {
      const pressed = last.get(place.chatId);
      const isAgain =
        pressed !== undefined &&
        pressed.messageId === messageId &&
        // Also where the clock was put back.
        Math.abs(deps.now().getTime() - pressed.at) < DOUBLE_TAP_MS;
      return isAgain ? isMade : undefined;
    },
    press(request) {
      const { place, messageId } = request;
      last.set(place.chatId, { messageId, at: deps.now().getTime() });
      return makeSession(deps, request, {});
    },
  };
}

/** Makes a session that works in `dir`, as `/new --dir` and `/session start` do. */
export async function makeSession(deps: NewDeps, request: Request, wish: Wish): Promise<Part[]> {
  const { sessions, turns } = deps;
  const persona = wish.persona ?? deps.defaultPersona;
  const read = await deps.personas.read(persona);
  if (!read.ok) return noSuchPersona(persona, read.kind === "faulty" ? read.fault : { kind: "absent" });
  const folder = wish.dir === undefined ? undefined : await deps.findFolder(wish.dir);
  if (folder === undefined && wish.dir !== undefined) return noSuchFolder(deps.workspaceRoots);
  const name = wish.name ?? request.topicName;
  const made = await sessions.create({
    ...(name === undefined ? {} : { name }),
    ...(folder === undefined ? {} : { cwd: folder }),
    persona,
    place: request.place,
    createdBy: request.userId,
    originUpdateId: request.updateId,
  });
  if (!made.ok) return notMade(made.kind === "disk_full");
  const { hasTopics = false } = request;
  const current = sessions.current(request.place);
  if (current !== undefined && current.id !== made.session.id)
    return created(made.session, { isCurrent: false, released: 0, hasTopics });
  const moved = await sessions.makeCurrent(request.place, made.session.id);
  if (!moved.ok) return notMoved(made.session, "was made");
  const released = await turns.release(request.place, made.session.id);
  // In a topic it has its own already.
  return created(made.session, {
    isCurrent: true,
    released,
    hasTopics: hasTopics && request.place.threadId === undefined,
  });
}

/** A word that is meant as a flag. Phones make one dash of two. */
const FLAG = /^(?:--|—)(\p{L}[^=]*)(?:=(.*))?$/u;

/** One that cannot be used is there, too: the person is told, rather than given another under its name. */
async function isThere(personas: Personas, slug: string): Promise<boolean> {
  const read = await personas.read(slug);
  return read.ok || read.kind === "faulty";
}

/** The last of several words may name a persona; everything before it is the name. Undefined where it asks for what there is not. */
async function readWish(deps: NewDeps, text: string): Promise<Wish | undefined> {
  const words = wordsOf(text);
  const at = words.findIndex((word) => FLAG.test(word));
  const [, flag, value] = FLAG.exec(words[at] ?? "") ?? [];
  const path = [value ?? "", ...words.slice(at + 1)].join(" ").trim();
  if (flag !== undefined && (flag.toLowerCase() !== "dir" || path === "")) return undefined;
  const named = flag === undefined ? words : words.slice(0, at);
  const last = named.at(-1);
  const persona = named.length < 2 ? undefined : await personaSlug(deps.personas, last ?? "");
  const isPersona = persona !== undefined && (await isThere(deps.personas, persona));
  const name = (isPersona ? named.slice(0, -1) : named).join(" ");
  return {
    ...(name === "" ? {} : { name }),
    ...(isPersona ? { persona } : {}),
    ...(flag === undefined ? {} : { dir: path }),
  };
}
