/**
 * The set-up, step by step: which bot, who, where, what is allowed; then it is
 * written, and proved by a message. Until it is written, ending it at any point
 * changes nothing but a webhook that the person said should go.
 */
import type { Inspection } from "../config.ts";
import { faultOf, shadowed } from "../config.ts";
import type { CallTelegram } from "../doctor/bot-api.ts";
import { readInbox } from "../doctor/telegram.ts";
import { setUpMessage } from "../telegram/presenter/set-up.ts";
import { Abandoned, type Asker } from "./asker.ts";
import type { SearchDeps } from "./find-person.ts";
import { choosePeople } from "./person.ts";
import { closeFolders, saveEnv } from "./save.ts";
import { chooseBot } from "./token.ts";
import { chooseMode, chooseWorkspaces } from "./work.ts";

/** What was given by flags; each is one question less. */
export interface Given {
  readonly token: string | undefined;
  readonly userIds: string | undefined;
  readonly workspaces: readonly string[] | undefined;
  readonly permissionMode: string | undefined;
  readonly removeWebhook: boolean;
}

export interface SetUpDeps extends Pick<SearchDeps, "wait" | "now"> {
  readonly asker: Asker;
  readonly given: Given;
  /** The settings as they are. */
  readonly inspection: Inspection;
  readonly envFile: string;
  /** What a new `.env` is made from. */
  readonly template: string;
  readonly callFor: (token: string) => CallTelegram;
  /** Whether our own bot runs on these folders. */
  readonly isRunning: () => Promise<boolean>;
}

/** Carries it out; throws `Abandoned` where it ends early. Gives whether a running bot must be started again. */
export async function setUp(deps: SetUpDeps): Promise<{ readonly isRunning: boolean }> {
  const { asker, given, callFor } = deps;
  const { settings, given: written } = deps.inspection;
  const bot = await chooseBot({ asker, callFor, given: given.token, existing: settings.TELEGRAM_BOT_TOKEN });
  const call = callFor(bot.token);
  await removeWebhook(call, asker, given.removeWebhook);
  const isRunning = await deps.isRunning();
  const { ALLOWED_USER_IDS: ids } = written;
  const wrongIds = ids === undefined ? undefined : faultOf("ALLOWED_USER_IDS", ids);
  if (wrongIds !== undefined && given.userIds === undefined) asker.warn(wrongIds);
  const people = await choosePeople({
    ...deps,
    call,
    me: bot.me,
    given: given.userIds,
    existing: settings.ALLOWED_USER_IDS ?? [],
    // Another bot's messages are nobody's to lose.
    isPolling: isRunning && bot.token === settings.TELEGRAM_BOT_TOKEN,
  });
  const workspaces = await chooseWorkspaces({
    asker,
    given: given.workspaces,
    existing: written["WORKSPACE_ROOTS"],
  });
  const mode = await chooseMode({ asker, given: given.permissionMode, existing: written["PERMISSION_MODE"] });
  const values = {
    TELEGRAM_BOT_TOKEN: bot.token,
    ALLOWED_USER_IDS: people,
    WORKSPACE_ROOTS: workspaces,
    PERMISSION_MODE: mode,
  };
  await saveEnv(deps.envFile, deps.template, values);
  asker.tell(`Written to ${deps.envFile}; only you can read it.`);
  const folders = [settings.SESSIONS_DIR, settings.ARCHIVE_DIR].filter((path) => path !== undefined);
  for (const { path, code } of await closeFolders(folders))
    asker.warn(`${path} cannot be closed to others (${code}).`);
  for (const name of shadowed(values))
    asker.warn(
      `${name} is also set in this shell, to something else, and that wins. \`unset ${name}\` before you start the bot here.`,
    );
  await sayHello(call, Number(people.split(",")[0]), bot.me.username, asker);
  return { isRunning };
}

/** While one is set Telegram gives messages to nobody who polls. What waits is kept. */
async function removeWebhook(call: CallTelegram, asker: Asker, isGiven: boolean): Promise<void> {
  const host = readInbox(await call("getWebhookInfo"))?.host;
  if (host === undefined) return;
  const may =
    isGiven ||
    (await asker.confirm({
      message: `A webhook is set: this bot's messages go to ${host}. Remove it?`,
      flag: "--remove-webhook",
    }));
  if (!may)
    throw new Abandoned(
      `${host} gets this bot's messages. Make another bot with @BotFather for Parley. Nothing was changed.`,
    );
  const answer = await call("deleteWebhook");
  if (answer.kind !== "ok") throw new Abandoned("Telegram did not remove the webhook. Nothing was changed.");
  asker.tell("The webhook is removed; what waited is kept.");
}

/** The proof: the person's phone rings. A bot may not write first, so this may fail. */
async function sayHello(call: CallTelegram, userId: number, username: string, asker: Asker): Promise<void> {
  const { text, entities } = setUpMessage();
  const answer = await asker.busy("Sending you a message …", () =>
    call("sendMessage", { chat_id: userId, text, entities }),
  );
  if (answer.kind === "ok") asker.tell("A message is on your phone.");
  else
    asker.warn(
      `No message could be sent to ${userId}: write to @${username} once, so that it may write to you.`,
    );
}
