/**
 * Speaks to systemd, if it started us. Through its own `systemd-notify`: the
 * message is a datagram on a unix socket, and Node has none. It waits until
 * systemd has read it, so that systemd still finds whose it is; the unit must
 * accept it from a child (`NotifyAccess=all`).
 */
import { execFile } from "node:child_process";

/** Longer than systemd-notify's own 5 s. */
const LIMIT_MS = 10_000;

/** Tells facts such as `READY=1`; never throws, waits for nothing. */
export type Notify = (facts: readonly string[]) => void;

/** The way to the supervisor; undefined where nobody listens. `onFault` hears once of a way that does not work. */
export function createNotify(options: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onFault: (error: Error) => void;
  readonly program?: string;
}): Notify | undefined {
  const { NOTIFY_SOCKET: socket, PATH: path } = options.env;
  if (!socket) return undefined;
  const program = options.program ?? "systemd-notify";
  const env = { NOTIFY_SOCKET: socket, ...(path !== undefined && { PATH: path }) };
  let hasFailed = false;
  return (facts) => {
    execFile(program, [...facts], { env, timeout: LIMIT_MS }, (error) => {
      if (error === null || hasFailed) return;
      hasFailed = true;
      options.onFault(error);
    });
  };
}
