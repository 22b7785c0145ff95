/**
 * /doctor: what is wrong with the machine and the settings, as `npm run doctor`
 * says it.
 */
import type { Finding } from "../../doctor/finding.ts";
import type { Command } from "../command.ts";
import { doctorReport } from "../presenter/doctor.ts";

export interface DoctorCommandDeps {
  /** Looks at everything; takes some seconds, never fails. */
  readonly examine: () => Promise<readonly Finding[]>;
}

/** The command. */
export function doctorCommand(deps: DoctorCommandDeps): Command {
  return {
    name: "doctor",
    description: "what is wrong with the machine, and how to mend it",
    isHarmless: true,
    isSlow: true,
    run: async () => doctorReport(await deps.examine()),
  };
}
