/**
 * The list of checks, in the order in which they are shown, and what each is
 * given. It knows where things are; each check knows what is right.
 */
import { homedir, tmpdir } from "node:os";
import { buildEnvironment } from "../claude/args.ts";
import { askAuth } from "../claude/auth.ts";
import { findExecutable, probeClaude } from "../claude/probe.ts";
import { listMarked } from "../claude/process-list.ts";
import { claudeConfigDir } from "../claude/transcript.ts";
import type { Inspection } from "../config.ts";
import { lockHolder } from "../store/lock-holder.ts";
import { createPaths } from "../store/paths.ts";
import { createPersonas } from "../store/personas.ts";
import { createBotApi } from "./bot-api.ts";
import { claudeCheck } from "./checks/claude.ts";
import { clockCheck } from "./checks/clock.ts";
import { diskCheck } from "./checks/disk.ts";
import { envFileCheck } from "./checks/env-file.ts";
import { foldersCheck } from "./checks/folders.ts";
import { groupsCheck } from "./checks/groups.ts";
import { leftoversCheck } from "./checks/leftovers.ts";
import { loginCheck } from "./checks/login.ts";
import { nodeCheck } from "./checks/node.ts";
import { otherPollerCheck } from "./checks/other-poller.ts";
import { personasCheck } from "./checks/personas.ts";
import { pluginCheck } from "./checks/plugin.ts";
import { proxyCheck } from "./checks/proxy.ts";
import { runningCheck } from "./checks/running.ts";
import { settingsCheck } from "./checks/settings.ts";
import { tokenCheck } from "./checks/token.ts";
import { transcriptsCheck } from "./checks/transcripts.ts";
import { voiceCheck } from "./checks/voice.ts";
import { webhookCheck } from "./checks/webhook.ts";
import { workspacesCheck } from "./checks/workspaces.ts";
import type { Check } from "./finding.ts";
import { createTelegram } from "./telegram.ts";
import { readUserSettings } from "./user-settings.ts";

/** What an examination starts from. */
export interface DoctorDeps {
  readonly inspection: Omit<Inspection, "given">;
  /** Where `.env` is or would be. */
  readonly envFile: string;
  readonly nodeVersion: string;
  readonly now: () => Date;
  /** Inside the running bot: when it was last told of another poller, in ms ago. */
  readonly conflictAgoMs?: () => number | undefined;
}

/** The checks for one examination: what they ask Telegram is asked once. */
export function allChecks(deps: DoctorDeps): Check[] {
  const { settings, inherited } = deps.inspection;
  const { SESSIONS_DIR: sessions, ARCHIVE_DIR: archive, PERSONAS_DIR: personas } = settings;
  const token = settings.TELEGRAM_BOT_TOKEN;
  const apiRoot = settings.TELEGRAM_API_ROOT ?? "";
  const telegram =
    token === undefined || apiRoot === "" ? undefined : createTelegram(createBotApi({ apiRoot, token }));
  const paths = sessions === undefined ? undefined : createPaths({ sessions, archive: "", personas: "" });
  const holder = async (): Promise<number | undefined> =>
    paths === undefined ? undefined : lockHolder(paths.lock);
  const configDir = claudeConfigDir({ HOME: homedir(), ...inherited });
  const userSettings = async () => (configDir === undefined ? undefined : readUserSettings(configDir));
  const cli = cliDeps(settings.CLAUDE_BIN ?? "claude", inherited, settings.CLAUDE_ENV ?? []);

  return [
    nodeCheck({ version: deps.nodeVersion }),
    settingsCheck({ faults: deps.inspection.faults, envFile: deps.envFile }),
    envFileCheck({ envFile: deps.envFile }),
    ...(paths === undefined ? [] : [runningCheck({ lockPath: paths.lock, holder, telegram, now: deps.now })]),
    claudeCheck({ probe: cli.probe }),
    loginCheck({ askAuth: cli.askAuth }),
    pluginCheck({ settings: userSettings }),
    transcriptsCheck({ settings: userSettings }),
    tokenCheck({ telegram, apiRoot }),
    webhookCheck({ telegram }),
    otherPollerCheck({
      telegram,
      isPolling: async () => (await holder()) !== undefined,
      ...(deps.conflictAgoMs !== undefined && { conflictAgoMs: deps.conflictAgoMs }),
    }),
    groupsCheck({ telegram, chatIds: settings.ALLOWED_CHAT_IDS ?? [] }),
    proxyCheck({ env: inherited, telegram }),
    clockCheck({ telegram, now: deps.now }),
    foldersCheck({ folders: { sessions, archive, personas } }),
    diskCheck({
      paths: [sessions, archive].filter((path) => path !== undefined),
      floorBytes: (settings.MIN_FREE_DISK_MB ?? 0) * 1_000_000,
    }),
    workspacesCheck({ roots: settings.WORKSPACE_ROOTS ?? [] }),
    voiceCheck({ command: settings.TRANSCRIBE_CMD ?? [], find: cli.find }),
    ...(personas === undefined
      ? []
      : [
          personasCheck({
            list: () => createPersonas({ folder: personas }).list(),
            defaultPersona: settings.DEFAULT_PERSONA,
          }),
        ]),
    ...(paths === undefined ? [] : [leftoversCheck({ marked, paths })]),
  ];
}

async function marked() {
  return (await listMarked()).map(({ marker, identity }) => ({ marker, pid: identity.pid }));
}

/** The CLI, asked in the environment that a turn would give it. */
function cliDeps(
  file: string,
  inherited: Readonly<Record<string, string | undefined>>,
  extraNames: readonly string[],
) {
  const env = buildEnvironment(inherited, { ceilingDirectories: [], extraNames });
  const cwd = tmpdir();
  return {
    find: async (program: string) => {
      const found = await findExecutable(program, inherited["PATH"]);
      return found.ok ? found.path : undefined;
    },
    // Nothing is remembered: an examination asks anew.
    probe: () => probeClaude({ file, env, cwd, load: async () => undefined, save: async () => {} }),
    askAuth: async (without?: string) => {
      const found = await findExecutable(file, env["PATH"]);
      if (!found.ok) return undefined;
      const { [without ?? ""]: _, ...rest } = env;
      return askAuth({ path: found.path, env: rest, cwd });
    },
  };
}
