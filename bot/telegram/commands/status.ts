/**
 * /status: where the person is, what runs, and that the bot is alive.
 */
import { modesOf, type PermissionMode } from "../../store/modes.ts";
import type { Personas } from "../../store/personas.ts";
import type { SessionManager } from "../../store/session-manager.ts";
import type { Session } from "../../store/session.ts";
import type { Asks } from "../../turns/asks/asks.ts";
import type { Latencies } from "../../turns/latencies.ts";
import type { Kept } from "../../turns/kept.ts";
import type { Turns } from "../../turns/turns.ts";
import type { Command } from "../command.ts";
import { keptItems } from "../kept-items.ts";
import { status } from "../presenter/notices.ts";
import type { CliState, PulseFacts } from "../presenter/pulse.ts";

export interface StatusDeps {
  readonly sessions: SessionManager;
  readonly turns: Turns;
  readonly asks: Pick<Asks, "waitingIn">;
  readonly kept: Pick<Kept, "at">;
  readonly personas: Personas;
  /** The permission mode where neither session nor persona says one. */
  readonly permissionMode: PermissionMode;
  readonly latencies: Pick<Latencies, "medians">;
  /** Processes that wait for a message. */
  readonly standbyCount: () => number;
  /** How much room there is where sessions and archives lie. */
  readonly diskSpaces: () => Promise<PulseFacts["disks"]>;
  readonly version: string;
  readonly maxTurns: number;
  /** ms since the last answer from Telegram; undefined before the first. */
  readonly lastPollAgoMs: () => number | undefined;
  readonly uptimeMs: () => number;
  /** The CLI's version; undefined if it cannot be run. */
  readonly cliVersion: () => Promise<string | undefined>;
  /** Waits so many ms, or until the signal. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** How long the CLI is waited for: one that was just updated is asked for a second, one that hangs for many. */
const CLI_WAIT_MS = 1_000;

/** The command. */
export function statusCommand(deps: StatusDeps): Command {
  return {
    name: "status",
    description: "where you are and what is running",
    isHarmless: true,
    async run({ place }) {
      const current = deps.sessions.current(place);
      return status({
        current,
        ...(current === undefined ? {} : { modes: await modesIn(deps, current) }),
        isRunning: current !== undefined && deps.turns.isRunning(current.id),
        isAsking: current !== undefined && deps.asks.waitingIn(current.id).length > 0,
        waiting: current === undefined ? [] : deps.turns.line.list(current.id),
        held: deps.turns.heldCount(place),
        stalled: current === undefined ? 0 : deps.turns.terminal.stalled(current.id),
        kept: keptItems(deps.kept.at(place)).length,
        standbys: deps.standbyCount(),
        warm: deps.latencies.medians("warm"),
        cold: deps.latencies.medians("cold"),
        disks: await deps.diskSpaces(),
        version: deps.version,
        runningAll: deps.turns.runningCount(),
        maxTurns: deps.maxTurns,
        sessions: deps.sessions.list(place.chatId).length,
        lastPollAgoMs: deps.lastPollAgoMs(),
        startedAgoMs: deps.uptimeMs(),
        cli: await cliState(deps),
      });
    },
  };
}

async function cliState({ cliVersion, wait }: StatusDeps): Promise<CliState> {
  const answered = new AbortController();
  const asked = async (): Promise<CliState> => {
    const version = await cliVersion();
    return version === undefined ? "missing" : { version };
  };
  const waited = async (): Promise<CliState> => {
    await wait(CLI_WAIT_MS, answered.signal);
    return "asking";
  };
  const cli = await Promise.race([asked(), waited()]);
  answered.abort();
  return cli;
}

async function modesIn({ personas, permissionMode }: StatusDeps, session: Session) {
  const read = await personas.read(session.persona);
  return modesOf(session, read.ok ? read.persona : {}, permissionMode);
}
