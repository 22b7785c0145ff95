/**
 * Does this machine know what time it is?
 */
import { bad, type Check, ok, warn } from "../finding.ts";
import type { Telegram } from "../telegram.ts";
import { span } from "../words.ts";

const LIMIT_MS = { warn: 30_000, bad: 300_000 };

/** Compared with the Date of Telegram's answer, to the second. */
export function clockCheck({ telegram, now }: { telegram: Telegram | undefined; now: () => Date }): Check {
  return {
    name: "Clock",
    async look() {
      const answer = await telegram?.hello();
      if (answer === undefined || answer.kind === "unreachable" || answer.at === undefined) return undefined;
      const skewMs = now().getTime() - answer.at.getTime();
      const off = Math.abs(skewMs);
      if (off < LIMIT_MS.warn) return ok("it agrees with Telegram's.");
      const says = `it is ${span(off)} ${skewMs > 0 ? "ahead" : "behind"}: logins and certificates fail by it, and times are wrong.`;
      return (off < LIMIT_MS.bad ? warn : bad)(says, "`sudo timedatectl set-ntp true`, or set it by hand.");
    },
  };
}
