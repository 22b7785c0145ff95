/**
 * /stop: ends the running turn of the current session; what it said stays.
 */
import type { SessionManager } from "../../store/session-manager.ts";
import type { Turns } from "../../turns/turns.ts";
import type { Command } from "../command.ts";
import { noCurrentSession, stopped } from "../presenter/replies.ts";

/** The command. */
export function stopCommand(deps: { readonly sessions: SessionManager; readonly turns: Turns }): Command {
  return {
    name: "stop",
    description: "end what is running here; what was said stays",
    async run({ place }) {
      const session = deps.sessions.current(place);
      return session === undefined ? noCurrentSession() : stopped(deps.turns.stop(session.id));
    },
  };
}
