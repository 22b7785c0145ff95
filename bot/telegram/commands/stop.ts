/**
 * /stop: ends the running turn of the current session, or of the one that is named;
 * what it said stays. The button under a live answer ends that turn and no other.
 */
import type { SessionManager } from "../../store/session-manager.ts";
import type { Turns } from "../../turns/turns.ts";
import type { ButtonKind, Command } from "../command.ts";
import { stopped } from "../presenter/replies.ts";
import { noCurrentSession } from "../presenter/session-replies.ts";
import { stopTooLate } from "../presenter/waiting.ts";

/** The command. */
export function stopCommand(deps: { readonly sessions: SessionManager; readonly turns: Turns }): Command {
  return {
    name: "stop",
    description: "end what is running here: /stop [name or id]",
    // What it was to end is long over.
    isHarmless: true,
    async run({ place, text }) {
      const current = deps.sessions.current(place);
      const named = deps.sessions.find(place.chatId, text);
      // Whatever else stands behind it: who writes it in haste means what runs here.
      const session = named.kind === "one" ? named.session : current;
      if (session === undefined) return noCurrentSession();
      const elsewhere = session.id === current?.id ? undefined : session;
      return stopped({ ...deps.turns.stop(session.id), elsewhere });
    },
  };
}

/** The button under a live answer; the answer itself shows that it was stopped. */
export function stopButton({ turns }: { readonly turns: Turns }): ButtonKind {
  return {
    kind: "stop",
    refuse: ({ text, place }) => (turns.canStop(Number(text), place) ? undefined : stopTooLate),
    async press({ text }) {
      turns.stopTurn(Number(text));
      return undefined;
    },
  };
}
