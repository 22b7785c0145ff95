/**
 * One turn's wish → argv and environment of the CLI. Pure: the environment it
 * picks from is an argument. Promises that nothing a person said in the chat is
 * in argv, that no value can be read as a flag, and that nothing of Telegram's
 * reaches the child. It does not know which flags exist (`probe.ts` does).
 */
import type { CliFeatures } from "./probe.ts";

/** What a turn asks of the CLI. None of it is remembered by the CLI: give it on every turn. */
export interface TurnArguments {
  readonly claudeSessionId: string;
  /** true: go on with that conversation. false: begin it under that id. */
  readonly resume: boolean;
  /**
   * Begin it as a copy of the conversation in this transcript, which may lie anywhere, up to the line
   * `at` of Claude's; `resume` is not looked at then.
   */
  readonly fork?: { readonly transcript: string; readonly at?: string };
  /** A file that is appended to the system prompt: the persona. */
  readonly systemPromptFile?: string;
  readonly model?: string;
  /** Left out where this CLI does not know it. */
  readonly effort?: string;
  readonly permissionMode?: string;
  /** Rules of tools that need no question, e.g. `Bash(git status)`, `mcp__notes`. */
  readonly allowedTools: readonly string[];
  /** Tools or rules that are refused. */
  readonly disallowedTools: readonly string[];
  /** The only built-in tools the model is offered; without it, all. */
  readonly tools?: readonly string[];
  readonly addDirs: readonly string[];
  /**
   * true: the working directory's CLAUDE.md, `.mcp.json`, settings and hooks count. Hooks and MCP
   * servers run before the first message, so only for a folder of the person's own choice.
   */
  readonly trustProject: boolean;
  /** Where Claude notes what it shall remember. Without it, where the CLI does: once for all of a git repository. */
  readonly memoryDir?: string;
  /** Names of MCP servers that we ourselves are, over the control channel (`mcp_message`). */
  readonly mcpServers: readonly string[];
  /** Ask us about tools (`permission_asked`). Without it, what is not allowed is refused. */
  readonly askPermission: boolean;
  /** More of the CLI's settings, as its settings.json spells them; ours win. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Tools that promise what a process cannot keep that ends with the turn: the timer dies with it, unseen. */
const KEEPS_NO_PROMISE = ["CronCreate", "CronDelete", "CronList", "ScheduleWakeup"];

/**
 * Tools that take the conversation to another folder: of what is changed there we have no snapshot, and whether the next
 * turn is there, too, depends on the version. `git worktree` in Bash does the same work from where the session is.
 */
const LEAVES_ITS_FOLDER = ["EnterWorktree", "ExitWorktree"];

/** The CLI deletes transcripts that are older than this; its default is 30. */
const CLEANUP_PERIOD_DAYS = 3650;

/** The arguments for `claude`, without the program. Values stand behind `=`, so none can become a flag. */
export function buildArguments(turn: TurnArguments, features: CliFeatures): string[] {
  const args = [
    "-p",
    "--output-format=stream-json",
    "--verbose",
    "--include-partial-messages",
    "--input-format=stream-json",
    "--replay-user-messages",
    ...conversationOf(turn, features),
    `--settings=${JSON.stringify(buildSettings(turn))}`,
    `--disallowedTools=${[...KEEPS_NO_PROMISE, ...LEAVES_ITS_FOLDER, ...turn.disallowedTools].join(",")}`,
  ];
  // Else a session keeps its first system prompt for ever and a changed persona is silently ignored.
  if (features.systemPromptSnapshot) args.push("--system-prompt-snapshot=off");
  if (turn.systemPromptFile !== undefined) args.push(`--append-system-prompt-file=${turn.systemPromptFile}`);
  if (turn.model !== undefined) args.push(`--model=${turn.model}`);
  if (turn.effort !== undefined && features.effort) args.push(`--effort=${turn.effort}`);
  if (turn.permissionMode !== undefined) args.push(`--permission-mode=${turn.permissionMode}`);
  if (turn.tools !== undefined && features.tools) args.push(`--tools=${turn.tools.join(",")}`);
  for (const dir of turn.addDirs) args.push(`--add-dir=${dir}`);
  if (!turn.trustProject) {
    if (features.settingSources) args.push("--setting-sources=user");
    if (features.strictMcpConfig) args.push("--strict-mcp-config");
  }
  if (turn.mcpServers.length > 0) args.push(`--mcp-config=${mcpConfigOf(turn.mcpServers)}`);
  if (turn.askPermission) args.push("--permission-prompt-tool=stdio");
  return args;
}

function conversationOf({ claudeSessionId, resume, fork }: TurnArguments, features: CliFeatures): string[] {
  if (fork === undefined) return [`${resume ? "--resume" : "--session-id"}=${claudeSessionId}`];
  const args = [`--resume=${fork.transcript}`, "--fork-session", `--session-id=${claudeSessionId}`];
  // The transcript ends there anyway; said outright, no branch beside it is taken for the newest.
  if (fork.at !== undefined && features.resumeSessionAt) args.push(`--resume-session-at=${fork.at}`);
  return args;
}

/** `sdk`: no program and no socket, but messages over stdin and stdout. Not touched by `--strict-mcp-config`. */
function mcpConfigOf(names: readonly string[]): string {
  const servers = names.map((name) => [name, { type: "sdk", name }]);
  return JSON.stringify({ mcpServers: Object.fromEntries(servers) });
}

/** Rules go here and not into `--allowedTools`: that one cuts a rule at commas and spaces outside brackets. */
function buildSettings(turn: TurnArguments): Record<string, unknown> {
  const settings: Record<string, unknown> = {
    ...turn.settings,
    cleanupPeriodDays: CLEANUP_PERIOD_DAYS,
    // Newer versions listen for messages of the machine's other sessions, and begin a turn with one, also while they wait.
    crossSessionInbound: "refuse",
    permissions: { allow: turn.allowedTools },
  };
  if (turn.memoryDir !== undefined) settings["autoMemoryDirectory"] = turn.memoryDir;
  // Newer versions let a model judge Bash commands in plan mode, and refuse them where it cannot be asked.
  if (turn.permissionMode !== "auto") settings["disableAutoMode"] = "disable";
  return settings;
}

/** What the environment of a turn is made of, beside the inherited one. */
export interface EnvironmentRequest {
  /** Names the turn: every process it starts can be found by it. Without one, it is no turn's. */
  readonly marker?: string;
  /** Folders above which git must not look for a repository (ours, else). */
  readonly ceilingDirectories: readonly string[];
  /** Names the owner allows beside ours. */
  readonly extraNames: readonly string[];
}

/** The variable that holds a turn's marker. */
export const MARKER_VARIABLE = "PARLEY_TURN";

const NAMES = new Set(
  [
    "PATH HOME USER LOGNAME SHELL LANG TERM TZ TMPDIR SSH_AUTH_SOCK NODE_EXTRA_CA_CERTS",
    "HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy",
    "CLAUDE_CONFIG_DIR CLAUDE_CODE_OAUTH_TOKEN CLAUDE_CODE_USE_BEDROCK CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC CLAUDE_CODE_MAX_RETRIES API_TIMEOUT_MS DISABLE_AUTOUPDATER",
  ].flatMap((names) => names.split(" ")),
);
const PREFIXES = ["LC_", "XDG_", "ANTHROPIC_"];
const BEDROCK_PREFIXES = ["AWS_"];
const VERTEX_PREFIXES = ["GOOGLE_", "CLOUD_ML_REGION", "VERTEX_REGION_"];

/**
 * The child's environment: what is on the list, and nothing else. Variables by which a running
 * Claude Code marks its children are not on it: the CLI behaves differently under them.
 */
export function buildEnvironment(
  inherited: Readonly<Record<string, string | undefined>>,
  request: EnvironmentRequest,
): Record<string, string> {
  const prefixes = [
    ...PREFIXES,
    ...(inherited["CLAUDE_CODE_USE_BEDROCK"] ? BEDROCK_PREFIXES : []),
    ...(inherited["CLAUDE_CODE_USE_VERTEX"] ? VERTEX_PREFIXES : []),
  ];
  const env: Record<string, string> = { DISABLE_AUTOUPDATER: "1" };
  for (const [name, value] of Object.entries(inherited)) {
    if (value === undefined || name.startsWith("TELEGRAM_")) continue;
    const isListed = NAMES.has(name) || request.extraNames.includes(name);
    if (isListed || prefixes.some((prefix) => name.startsWith(prefix))) env[name] = value;
  }
  if (request.ceilingDirectories.length > 0) {
    env["GIT_CEILING_DIRECTORIES"] = request.ceilingDirectories.join(":");
  }
  if (request.marker !== undefined) env[MARKER_VARIABLE] = request.marker;
  return env;
}
