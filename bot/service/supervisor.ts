/**
 * The two supervisors: where each keeps its file, what stands in it, and the
 * commands that install, show and remove a service. Pure: nothing is run here.
 */
import { join } from "node:path";
import type { ServiceDefinition } from "./definition.ts";
import { labelOf, launchdPlist } from "./launchd-plist.ts";
import { systemdUnit } from "./systemd-unit.ts";

/** A program and its arguments. */
export type Words = readonly [string, ...string[]];

export interface Supervisor {
  readonly file: string;
  readonly text: string;
  /** Run in order after the file is written; `mayFail` for what undoes an earlier one. */
  readonly install: readonly { readonly words: Words; readonly mayFail?: boolean }[];
  /** Run in order before the file is removed. */
  readonly stop: readonly Words[];
  /** Run in order after it. */
  readonly afterRemoval: readonly Words[];
  readonly status: Words;
  /** `follow`: goes on until Ctrl-C. */
  readonly logs: (follow: boolean) => Words;
}

/** Where this person's things are. */
export interface Home {
  readonly home: string;
  readonly configHome: string | undefined;
  readonly uid: number;
}

/** The supervisor of this system; undefined where there is none that we know. */
export function supervisorFor(
  platform: NodeJS.Platform,
  service: ServiceDefinition,
  home: Home,
): Supervisor | undefined {
  if (platform === "linux") return systemd(service, home);
  return platform === "darwin" ? launchd(service, home) : undefined;
}

function systemd(service: ServiceDefinition, { home, configHome }: Home): Supervisor {
  const unit = `${service.name}.service`;
  const systemctl = (...args: string[]): Words => ["systemctl", "--user", ...args];
  return {
    file: join(configHome ?? join(home, ".config"), "systemd", "user", unit),
    text: systemdUnit(service),
    install: [
      { words: systemctl("daemon-reload") },
      { words: systemctl("enable", unit) },
      { words: systemctl("restart", unit) },
    ],
    stop: [systemctl("disable", "--now", unit)],
    afterRemoval: [systemctl("daemon-reload")],
    status: systemctl("status", "--no-pager", "--lines=5", unit),
    logs: (follow) => [
      ...(["journalctl", "--user", "--unit", unit, "--lines=200", "--output=cat"] as const),
      ...(follow ? ["--follow"] : ["--no-pager"]),
    ],
  };
}

function launchd(service: ServiceDefinition, { home, uid }: Home): Supervisor {
  const label = labelOf(service);
  const file = join(home, "Library", "LaunchAgents", `${label}.plist`);
  const logFile = join(home, "Library", "Logs", `${label}.log`);
  const domain = `gui/${uid}`;
  const bootout: Words = ["launchctl", "bootout", `${domain}/${label}`];
  return {
    file,
    text: launchdPlist(service, logFile),
    install: [{ words: bootout, mayFail: true }, { words: ["launchctl", "bootstrap", domain, file] }],
    stop: [bootout],
    afterRemoval: [],
    status: ["launchctl", "print", `${domain}/${label}`],
    logs: (follow) => ["tail", "-n", "200", ...(follow ? ["-f"] : []), logFile],
  };
}
