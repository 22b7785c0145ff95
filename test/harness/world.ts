/**
 * A whole world for one story: folders, Bot API, Messages API, people, and the
 * real bot between them. Nothing outlives `close`.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BotApi, type BotApiOptions, startBotApi } from "../fakes/bot-api/bot-api.ts";
import type { ChatRoom } from "../fakes/bot-api/chat.ts";
import type { GroupOptions } from "../fakes/bot-api/model.ts";
import type { Person } from "../fakes/bot-api/person.ts";
import { type MessagesApi, startMessagesApi } from "../fakes/messages-api.ts";
import { checkFormatted } from "../oracle/tdlib.ts";
import { type BotOptions, type BotProcess, startBot } from "./bot-process.ts";
import type { Allowed } from "./chat-invariants.ts";
import { makeFolders, removeFolders, type WorldFolders } from "./folders.ts";
import { endProcessesOf } from "./processes.ts";

/** What `start` may be given besides what the world knows. */
export interface StartOptions extends Partial<Omit<BotOptions, "api" | "folders">> {
  /** Default: only with PARLEY_KILL_AT. Else `start` throws when the bot ends before it polls. */
  readonly mayEnd?: boolean;
}

/** A world. */
export interface World {
  readonly folders: WorldFolders;
  readonly api: BotApi;
  readonly model: MessagesApi;
  /** Everyone the bot may listen to. */
  readonly allowed: Allowed;
  /** Every bot that was started, the last one last. */
  readonly bots: readonly BotProcess[];
  /** The bot that was started last; throws when there is none. */
  readonly bot: BotProcess;
  /** A person on the list; the first one is Anna. Before `start`. */
  readonly person: (name?: string) => Person;
  /** A person who is not on the list. */
  readonly stranger: (name?: string) => Person;
  /** A group; on the list unless `isStrange`. Before `start`. */
  readonly group: (options?: GroupOptions & { readonly isStrange?: boolean }) => ChatRoom;
  /** Starts the bot, or starts it again; what is given once holds for later starts too, but for PARLEY_KILL_AT and `mayEnd`. */
  readonly start: (options?: StartOptions) => Promise<BotProcess>;
  /** Ends the bot by SIGKILL and starts it again. */
  readonly restart: (options?: StartOptions) => Promise<BotProcess>;
  /** Ends every process by pid, closes the servers, removes the folders. */
  readonly close: () => Promise<void>;
}

/** Opens a world; whoever opens it closes it. In a test `createWorld` does. */
export async function openWorld(options: BotApiOptions = {}): Promise<World> {
  const folders = await makeFolders();
  const api = await startBotApi({ checkText: checkFormatted, ...options });
  const model = await startMessagesApi();
  const userIds: number[] = [];
  const chatIds: number[] = [];
  const bots: BotProcess[] = [];
  let given: StartOptions = {};
  let strangers = 0;
  let groups = 0;

  async function start({ mayEnd, ...startOptions }: StartOptions = {}): Promise<BotProcess> {
    const env = { ...given.env, ...startOptions.env };
    const { PARLEY_KILL_AT: killAt, ...keptEnv } = env;
    given = { ...given, ...startOptions, env: keptEnv };
    await recallCli(folders);
    const known = { api, folders, messagesUrl: model.url, allowedUserIds: userIds, allowedChatIds: chatIds };
    const bot = await startBot({ ...known, ...given, env });
    bots.push(bot);
    if (bot.ended !== undefined && !(mayEnd ?? killAt !== undefined))
      throw new Error(`the bot ended before it polled\n${bot.logTail()}`);
    return bot;
  }

  const world: World = {
    folders,
    api,
    model,
    allowed: { userIds, chatIds },
    bots,
    get bot() {
      const last = bots.at(-1);
      if (last === undefined) throw new Error("no bot was started in this world");
      return last;
    },
    person: (name = userIds.length === 0 ? "Anna" : `Friend${userIds.length}`) => {
      const id = 7001 + userIds.length;
      userIds.push(id);
      return api.user(id, { name });
    },
    stranger: (name = `Stranger${strangers}`) => {
      strangers += 1;
      return api.user(9000 + strangers, { name });
    },
    group: ({ isStrange = false, ...groupOptions } = {}) => {
      groups += 1;
      const id = -1_001_000_000_000 - groups;
      if (!isStrange) chatIds.push(id);
      return api.group(id, groupOptions);
    },
    start,
    restart: async (startOptions) => {
      await bots.at(-1)?.kill();
      return start(startOptions);
    },
    close: async () => {
      await Promise.all(bots.map((bot) => bot.kill()));
      await rememberCli(folders);
      await endProcessesOf(folders.home);
      await Promise.all([api.close(), model.close()]);
      await removeFolders(folders);
    },
  };
  return world;
}

/** What a bot of this test file found out about the CLI: a second world need not ask again, as a second start would not. */
let learnt: string | undefined;

async function rememberCli({ sessions }: WorldFolders): Promise<void> {
  learnt ??= await readFile(join(sessions, "claude-cli.json"), "utf8").catch(() => undefined);
}

async function recallCli({ sessions }: WorldFolders): Promise<void> {
  if (learnt === undefined) return;
  await writeFile(join(sessions, "claude-cli.json"), learnt, { mode: 0o600, flag: "wx" }).catch(() => {});
}
