/**
 * Do processes run on that belong to a turn that is over?
 */
import { access } from "node:fs/promises";
import { isFolderName, type Paths } from "../../store/paths.ts";
import { type Check, ok, warn } from "../finding.ts";

/** `marked` are all processes that some turn started; those of another bot's sessions are not ours to judge. */
export function leftoversCheck(deps: {
  marked: () => Promise<readonly { readonly marker: string; readonly pid: number }[]>;
  paths: Paths;
}): Check {
  return {
    name: "Leftovers",
    async look() {
      let running = 0;
      const over: number[] = [];
      for (const { marker, pid } of await deps.marked()) {
        const state = await stateOf(deps.paths, marker);
        if (state === "running") running += 1;
        if (state === "over") over.push(pid);
      }
      if (over.length > 0)
        return warn(
          `${over.length === 1 ? "one process runs" : `${over.length} processes run`} on of turns that are over (${over.slice(0, 8).join(", ")}).`,
          `A restart of the bot ends ${over.length === 1 ? "it" : "them"}; so does \`kill ${over.slice(0, 8).join(" ")}\`.`,
        );
      if (running === 0) return ok("nothing runs of turns that are over.");
      return ok(
        `nothing but ${running === 1 ? "one process" : `${running} processes`} of turns that are under way.`,
      );
    },
  };
}

async function stateOf(paths: Paths, marker: string): Promise<"running" | "over" | "foreign"> {
  const [folder = "", updateId = ""] = marker.split("/");
  if (!isFolderName(folder) || !/^\d+$/.test(updateId)) return "foreign";
  if (!(await isThere(paths.session(folder).file))) return "foreign";
  // The receipt is a turn's last word.
  return (await isThere(paths.turn(folder, Number(updateId)).receipt)) ? "over" : "running";
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
