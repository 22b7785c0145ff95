/** One of each fault that a persona's file can have. */
import type { PersonaFault } from "../../bot/store/personas.ts";

const faults: { [K in PersonaFault["kind"]]: Extract<PersonaFault, { kind: K }> } = {
  bad_name: { kind: "bad_name" },
  not_a_file: { kind: "not_a_file" },
  outside: { kind: "outside" },
  unreadable: { kind: "unreadable", code: "EACCES" },
  too_big: { kind: "too_big", maxBytes: 262_144 },
  not_text: { kind: "not_text" },
  unclosed_front_matter: { kind: "unclosed_front_matter" },
  bad_yaml: { kind: "bad_yaml", line: 3 },
  bad_value: { kind: "bad_value", key: "model", expected: "the name of a model" },
  empty_prompt: { kind: "empty_prompt" },
};

export const PERSONA_FAULTS: readonly (PersonaFault | { kind: "absent" })[] = [
  ...Object.values(faults),
  { kind: "bad_yaml" },
  { kind: "absent" },
];
