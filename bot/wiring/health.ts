/**
 * Opens what tells programs how the bot is, where a port was given for it. It
 * constructs; the port is opened by the one call that says so.
 */
import { stat } from "node:fs/promises";
import type { Config } from "../config.ts";
import { createHealth, type Health, type HealthSources } from "../health/health.ts";
import { startHealthServer } from "../health/server.ts";
import { freeBytes } from "../store/disk.ts";
import type { Disk } from "./disk.ts";

/** What counts, and the call that opens the port: with the sentence to end with, where that cannot be. */
export interface OpenedHealth extends Pick<Health, "turn" | "call"> {
  listen(): Promise<string | undefined>;
}

/** Opens it; undefined where nobody wants to know. */
export function openHealth(
  config: Config,
  disk: Pick<Disk, "paths">,
  sources: Omit<HealthSources, "journalBytes" | "freeBytes">,
): OpenedHealth | undefined {
  const { HEALTH_PORT: port, HEALTH_HOST: host } = config;
  if (port === 0) return undefined;
  const health = createHealth({
    ...sources,
    journalBytes: () =>
      stat(disk.paths.journal).then(
        ({ size }) => size,
        () => undefined,
      ),
    freeBytes: async () => ({
      sessions: await freeBytes(config.SESSIONS_DIR),
      archives: await freeBytes(config.ARCHIVE_DIR),
    }),
  });
  return {
    turn: (took) => health.turn(took),
    call: (method, result) => health.call(method, result),
    async listen() {
      const server = await startHealthServer(health, { host, port });
      if (server.ok) return undefined;
      const why = server.code === "EADDRINUSE" ? "another program has it" : server.code;
      return `HEALTH_PORT ${port} on ${host} cannot be listened on: ${why}.`;
    },
  };
}
