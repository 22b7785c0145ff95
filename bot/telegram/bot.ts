/**
 * The whole of what happens to an update, in order, on one screen: access →
 * commands → buttons → messages. Handlers never wait for a turn. It does not
 * know where updates come from (`poller.ts`).
 */
import { type Bot, BotError, type Context } from "grammy";
import type { Message, Update } from "grammy/types";
import type { Logger } from "../logger.ts";
import type { Journal } from "../turns/journal.ts";
import { type AccessList, isAllowed } from "./access.ts";
import { commandTo, createAddressing, isOnlyName } from "./addressing.ts";
import { acknowledge, type ChatDeps, takeAnswer, takeEdit, takeMessages } from "./chat.ts";
import type { ButtonKind, Request, TapButton, WorkButton } from "./command.ts";
import type { CommandTable } from "./commands.ts";
import { createGather, type GatherDeps, mayBeCut } from "./gather.ts";
import { createInOrder } from "./in-order.ts";
import { placeOf } from "./place.ts";
import { groupMigrated } from "./presenter/notices.ts";
import { brokeDown, calledByName, pressExpired } from "./presenter/replies.ts";
import { requestOf } from "./request.ts";
import { showTyping, type TypingDeps } from "./typing.ts";

/** Taking a message costs a few ms, making a session a few more; whatever takes longer is not waited for. */
const ORDER_MS = 2_000;

export interface BotDeps extends ChatDeps {
  readonly api: ChatDeps["api"] & TypingDeps["api"];
  readonly every: TypingDeps["every"];
  readonly wait: GatherDeps["wait"];
  /** How long an album or a long text may still be followed by more of it, in ms. */
  readonly gatherMs: number;
  readonly bot: Bot;
  readonly access: AccessList;
  readonly table: CommandTable;
  readonly journal: Journal;
  readonly logger: Logger;
}

/** Installs everything on `bot` and gives the function that handles one update; it never rejects. */
export function installBot(deps: BotDeps): (update: Update) => Promise<void> {
  const { bot, access, table, outbox, journal, logger } = deps;
  const inOrder = createInOrder({ wait: deps.wait, mostMs: ORDER_MS });
  /** By update: lets what was said next in its chat through. */
  const letNext = new Map<number, () => void>();
  const whole = (request: Request): Request => ({
    ...request,
    letNext: () => letNext.get(request.updateId)?.(),
  });

  const gather = createGather({
    wait: deps.wait,
    quietMs: deps.gatherMs,
    async take(group) {
      const [first, ...rest] = group.toSorted((a, b) => a.message.message_id - b.message.message_id);
      if (first !== undefined) await takeMessages(deps, [first, ...rest], bot.botInfo.id);
    },
    async onTaken(group, error) {
      const [first] = group;
      if (error !== undefined && first !== undefined)
        await apologize({ update_id: first.updateId, message: first.message } as Update, error);
      for (const { updateId } of group) await settle(updateId);
    },
  });

  bot.use(async (ctx, next) => {
    if (!isAllowed(ctx.update, access)) return;
    if (ctx.message) gather.makeWay(ctx.message);
    await next();
  });

  // What another wrote and the person only passed on commands nothing here, nor does the middle of a long text.
  const own = bot.filter(
    ({ message }) => message?.forward_origin === undefined && !(message && gather.continues(message)),
  );
  const commands = new Map(table.commands.map((command) => [command.name, command]));
  own.on("message:text", async (ctx, next) => {
    const asked = commandTo(ctx.message, ctx.me);
    const command = commands.get(asked?.name ?? "");
    if (asked === undefined || command === undefined) return next();
    const request = whole(requestOf(ctx, asked.text));
    const { updateId, place } = request;
    if (command.isSlow && !command.leads) request.letNext?.();
    const parts = await withTyping(command, request, () => command.run(request));
    // What is left is to say so: nobody has to wait for Telegram.
    request.letNext?.();
    // In a group it must be seen who is answered.
    const replyTo = place.chatId < 0 ? { replyTo: ctx.message.message_id } : {};
    await outbox.answer({ updateId, place, ...replyTo }).finish(parts, "answered");
    await command.sent?.(request);
  });

  const kinds = new Map(table.buttons.map((button) => [button.kind, button]));
  bot.on("callback_query:data", async (ctx) => {
    const [kind = "", ...id] = ctx.callbackQuery.data.split(":");
    const request = whole(requestOf(ctx, id.join(":")));
    // Of a message that Telegram no longer shows us, the topic is not known: the press could mean another place.
    const isLost = request.hasTopics && ctx.callbackQuery.message?.date === 0;
    await press(ctx, isLost ? undefined : kinds.get(kind), request);
  });

  // Stop under a draft; its id is the update that the turn answers. It names no person, only the chat.
  bot.use(async (ctx, next) => {
    const stopped = ctx.update.stopped_message_generation;
    if (stopped === undefined) return next();
    const { draft_id: updateId, chat } = stopped;
    if (deps.turns.canStop(updateId, { chatId: chat.id })) deps.turns.stopTurn(updateId);
  });

  bot.on("message:migrate_to_chat_id", (ctx) => tellMigrated(ctx.message));

  const addressed = createAddressing();
  bot.on("edited_message", async (ctx) => {
    const { editedMessage: written } = ctx;
    const message = addressed(written, ctx.me) ?? written;
    const gathered = gather.edit(message);
    if (gathered === undefined) return takeEdit(deps, message, ctx.me.id);
    // Taken as it is now, by the next life, too.
    const update = { ...(journal.get(gathered)?.update as Update), message: written };
    await journal.note(gathered, { state: "received", update });
  });
  bot.on("message", async (ctx) => {
    const { update_id: updateId } = ctx.update;
    // What goes on with a message that was meant for the bot is meant for it, too.
    const isMore = gather.continues(ctx.message);
    const message = addressed(ctx.message, ctx.me) ?? (isMore ? ctx.message : undefined);
    if (message === undefined) return;
    if (isMore || !isOnlyName(message, ctx.me)) return take(updateId, message, isMore);
    const answer = outbox.answer({ updateId, place: placeOf(message), replyTo: message.message_id });
    await answer.finish(calledByName(), "answered");
  });

  async function take(updateId: number, message: Message, isMore: boolean): Promise<void> {
    if (!isMore) {
      // What may go on in the next message is whole first.
      const answered = mayBeCut(message) ? undefined : takeAnswer(deps, message);
      if (answered !== undefined) return answered;
      acknowledge(deps, message, bot.botInfo.id);
    }
    await gather.add({ updateId, message });
  }

  /** The group has another id from now on, which is on no list: nothing that is said there reaches us. */
  function tellMigrated({ chat, from, migrate_to_chat_id: newId }: Message): void {
    logger.warn(
      { chatId: chat.id, newId },
      "a group became a supergroup; list its new id in ALLOWED_CHAT_IDS",
    );
    if (from && newId !== undefined)
      void outbox.notice({ chatId: from.id }, groupMigrated(chat.title, newId));
  }

  async function withTyping<T>(
    { isSlow }: { readonly isSlow?: boolean },
    { place }: Request,
    work: () => Promise<T>,
  ): Promise<T> {
    const stop = isSlow ? showTyping(deps, place) : undefined;
    return work().finally(() => stop?.());
  }

  async function press(ctx: Context, button: ButtonKind | undefined, request: Request): Promise<void> {
    if (button !== undefined && "press" in button && button.isSlow && !button.leads) request.letNext?.();
    // Before any work: the person's client waits for it, and Telegram forgets the press within seconds.
    const say = (text?: string): void =>
      void ctx.answerCallbackQuery(text === undefined ? {} : { text }).catch(() => {});
    const parts = await (button !== undefined && "tap" in button
      ? tap(button, request, say)
      : work(button, request, say));
    if (parts === undefined) return;
    const messageId = ctx.callbackQuery?.message?.message_id;
    // Not awaited: a press may have started a turn, and the poll goes on.
    void outbox.notice(request.place, parts, messageId);
  }

  async function work(button: WorkButton | undefined, request: Request, say: (text?: string) => void) {
    const asked = button === undefined ? pressExpired : button.refuse?.(request);
    // Awaited only if it must be: between looking and pressing nothing may come, or two presses count.
    const refusal = asked instanceof Promise ? await asked : asked;
    say(refusal);
    if (button === undefined || refusal !== undefined) return;
    return withTyping(button, request, () => button.press(request));
  }

  async function tap(button: TapButton, request: Request, say: (text?: string) => void) {
    const tapped = await button.tap(request);
    say(tapped.toast);
    return tapped.after?.();
  }

  /** A fault of ours is logged, and the person is told rather than left waiting. */
  async function apologize(update: Update, error: unknown): Promise<void> {
    const { update_id: updateId } = update;
    logger.error({ err: error instanceof BotError ? error.error : error, updateId }, "a handler broke down");
    const message = update.message ?? update.callback_query?.message;
    if (message) await outbox.answer({ updateId, place: placeOf(message) }).finish(brokeDown(), "failed");
  }

  /** What became a turn, or waits for a session, has its own end; the rest is done with this. */
  async function settle(updateId: number): Promise<void> {
    const state = journal.get(updateId)?.state;
    if (state === "received" || state === "acting")
      await journal.note(updateId, { state: "done", why: "handled" });
  }

  /** Where an update is from; what is from no chat waits for nobody. */
  const chatOf = ({ message, edited_message: edited, callback_query: press }: Update): number | undefined =>
    (message ?? edited ?? press?.message)?.chat.id;

  return async (update) => {
    const { update_id: updateId } = update;
    const chatId = chatOf(update);
    const turnstile = chatId === undefined ? undefined : inOrder(chatId);
    if (turnstile) letNext.set(updateId, turnstile.pass);
    if (turnstile?.open) await turnstile.open;
    await bot.handleUpdate(update).catch((error: unknown) => apologize(update, error));
    turnstile?.pass();
    letNext.delete(updateId);
    if (!gather.holds(updateId)) await settle(updateId);
  };
}
