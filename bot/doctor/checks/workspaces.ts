/**
 * Can the folders be used that /new --dir may point into?
 */
import { access, constants } from "node:fs/promises";
import { type Check, ok, warn } from "../finding.ts";
import { list } from "../words.ts";

/** That they exist is a matter of the settings. */
export function workspacesCheck({ roots }: { roots: readonly string[] }): Check {
  return {
    name: "Workspaces",
    async look() {
      if (roots.length === 0) return ok("none: each session works in a folder of its own.");
      for (const root of roots) {
        const canWrite = await access(root, constants.R_OK | constants.W_OK | constants.X_OK).then(
          () => true,
          () => false,
        );
        if (!canWrite)
          return warn(
            `${root} cannot be written by this user, so Claude cannot work there.`,
            "Take it out of WORKSPACE_ROOTS, or change its owner.",
          );
      }
      return ok(`sessions may work in ${list(roots)}.`);
    },
  };
}
