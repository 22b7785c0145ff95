/**
 * Personas: the list with buttons, and what is wrong with a file. Pure.
 */
import type { Persona, PersonaFault, PersonaList } from "../../store/personas.ts";
import type { Session } from "../../store/session.ts";
import type { Part } from "../delivery.ts";
import { bold, code, concat, f, join } from "../formatted.ts";
import { messages, say } from "./messages.ts";
import { sessionName } from "./sessions.ts";
import { clip, size } from "./words.ts";

const MOST_BUTTONS = 40;

/** All personas, the usable with a button each, the faulty with their fault. `current` is the one here, undefined without a session. */
export function personaList(list: PersonaList, current: string | undefined): Part[] {
  const mark = (slug: string): string => (slug === current ? "● " : "○ ");
  const lines = list.personas.map((persona) =>
    concat(
      mark(persona.slug),
      bold(title(persona)),
      persona.description === "" ? "" : ` — ${clip(persona.description, 160)}`,
    ),
  );
  const faulty = list.faulty.map(
    ({ slug, fault }) => f`⚠️ ${code(clip(slug, 60))} cannot be used: ${personaFault(fault)}`,
  );
  const body = join([...lines, ...faulty], "\n");
  if (current === undefined) {
    const how = f`No session is current here, so none can be changed. ${code("/new NAME PERSONA")} makes one that begins with a persona.`;
    return messages(join([body, how], "\n\n"));
  }
  return messages(
    join([body, "A change holds from the next turn of this session."], "\n\n"),
    list.personas
      .slice(0, MOST_BUTTONS)
      .map((persona) => [
        { text: `${persona.slug === current ? "● " : ""}${title(persona)}`, data: `persona:${persona.slug}` },
      ]),
  );
}

export const personaChosen = (session: Session, persona: Persona): Part[] =>
  say(f`${sessionName(session)} speaks as ${bold(title(persona))} from its next turn.`);

export const personaNotChosen = (): Part[] =>
  say("⚠️ The change could not be saved; the persona is as it was.");

export const noSuchPersona = (slug: string, fault: PersonaFault | { kind: "absent" }): Part[] =>
  say(
    f`The persona ${code(clip(slug, 60))} cannot be used: ${personaFault(fault)}. /persona lists what there is.`,
  );

/** What is wrong with a persona's file, to stand behind a colon or in brackets. */
export function personaFault(fault: PersonaFault | { kind: "absent" }): string {
  switch (fault.kind) {
    case "absent":
      return "there is no such file";
    case "bad_name":
      return "its file name must be small letters, digits, - and _ only";
    case "not_a_file":
      return "it is not a plain file";
    case "outside":
      return "it is a link that leads out of the folder";
    case "unreadable":
      return `it cannot be read (${fault.code})`;
    case "too_big":
      return `it is larger than ${size(fault.maxBytes)}`;
    case "not_text":
      return "it is not UTF-8 text";
    case "unclosed_front_matter":
      return "the --- that closes its front matter is missing";
    case "bad_yaml":
      return `its front matter is not YAML${fault.line === undefined ? "" : ` (line ${fault.line})`}`;
    case "bad_value":
      return `${clip(fault.key, 40)} must be ${fault.expected}`;
    case "empty_prompt":
      return "it has no prompt below its front matter";
  }
}

function title(persona: Persona): string {
  return clip(persona.name === "" ? persona.slug : persona.name, 40);
}
