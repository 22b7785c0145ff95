/**
 * /persona [NAME]: who Claude is in the current session, from its next turn on.
 */
import type { Personas } from "../../store/personas.ts";
import type { SessionManager } from "../../store/session-manager.ts";
import type { ButtonKind, Command, Request } from "../command.ts";
import type { Part } from "../delivery.ts";
import { noSuchPersona, personaChosen, personaList, personaNotChosen } from "../presenter/personas.ts";
import { noCurrentSession } from "../presenter/session-replies.ts";

export interface PersonaDeps {
  readonly sessions: SessionManager;
  readonly personas: Personas;
}

/** The command. */
export function personaCommand(deps: PersonaDeps): Command {
  return {
    name: "persona",
    description: "who Claude is here: /persona [name]",
    run: (request) => (request.text === "" ? list(deps, request) : choose(deps, request)),
  };
}

/** The buttons of the list. */
export function personaButton(deps: PersonaDeps): ButtonKind {
  return { kind: "persona", press: (request) => choose(deps, request) };
}

async function list({ sessions, personas }: PersonaDeps, { place }: Request): Promise<Part[]> {
  return personaList(await personas.list(), sessions.current(place)?.persona);
}

async function choose({ sessions, personas }: PersonaDeps, { place, text }: Request): Promise<Part[]> {
  const session = sessions.current(place);
  if (session === undefined) return noCurrentSession();
  const slug = await personaSlug(personas, text);
  const read = await personas.read(slug);
  if (!read.ok) return noSuchPersona(text, read.kind === "faulty" ? read.fault : { kind: "absent" });
  const updated = await sessions.update(session.id, { persona: slug });
  if (!updated.ok) return personaNotChosen();
  return personaChosen(updated.session, read.persona);
}

/** A persona may be asked for by its file's name or by the name it gives itself. */
export async function personaSlug(personas: Personas, wish: string): Promise<string> {
  const { personas: all, faulty } = await personas.list();
  const lower = wish.toLowerCase();
  if ([...all, ...faulty].some(({ slug }) => slug === lower)) return lower;
  return all.find(({ name }) => name.toLowerCase() === lower)?.slug ?? lower;
}
