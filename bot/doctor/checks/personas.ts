/**
 * Can every persona be used?
 */
import type { PersonaList } from "../../store/personas.ts";
import { bad, type Check, ok, warn } from "../finding.ts";
import { list } from "../words.ts";

/** `defaultPersona` is the one that a new session gets. */
export function personasCheck(deps: {
  list: () => Promise<PersonaList>;
  defaultPersona: string | undefined;
}): Check {
  return {
    name: "Personas",
    async look() {
      const { personas, faulty } = await deps.list();
      const names = personas.map(({ slug }) => slug);
      const { defaultPersona } = deps;
      if (defaultPersona !== undefined && !names.includes(defaultPersona))
        return bad(
          `the persona of new sessions, ${defaultPersona}, cannot be used.`,
          "`/persona` says what is wrong with it; or set DEFAULT_PERSONA to another.",
        );
      if (faulty.length > 0)
        return warn(
          `${list(faulty.map(({ slug }) => slug))} cannot be used.`,
          "`/persona` says what is wrong with each.",
        );
      return ok(`${names.length === 1 ? "one" : names.length} to choose from.`);
    },
  };
}
