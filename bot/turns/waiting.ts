/**
 * The person's word about what waits: seen, changed, sent now or dropped. What
 * is decided is in the journal before anything else happens. It does not know
 * the chat.
 */
import type { Journal } from "./journal.ts";
import type { KeptOrder } from "./order.ts";
import type { Line, Lined } from "./line.ts";
import { messagesOf } from "./pieces.ts";
import type { EditOrder } from "./shelf.ts";
import type { Steering, WaitingCallbacks } from "./steering.ts";
import type { Place, WaitReason } from "./view.ts";

/** What became of an edit: changed where it waits, or where it is kept for the person's word; too late; about nothing that we know. */
export type EditOutcome = "changed" | "changed_held" | "too_late" | "unknown";

export interface WaitingDeps {
  readonly journal: Journal;
  readonly line: Line;
  readonly steering: Steering;
  readonly waits: WaitingCallbacks;
  /** Where messages are kept that stand in no line. */
  readonly kept: readonly EditOrder[];
  enlist(lined: Lined): void;
  /** Whether the day's budget, or the person, lets it run. */
  isPaidFor(lined: Lined): boolean;
  /** Why a message that stands in line waits. */
  reasonOf(lined: Lined): WaitReason;
  stopRunning(lined: Lined): void;
}

/** So many of the last orders of a chat are known when they are edited after they ran; older ones are passed over. */
const RECENT = 5;

const RECENT_ANSWERS = 20;

/** Makes what the person can do about messages that wait. */
export function createWaiting(deps: WaitingDeps) {
  const { journal, line, steering, waits } = deps;
  const recent = new Map<number, readonly (readonly number[])[]>();
  /** Messages that answered what Claude asked, as they were; the last of all chats. */
  let answers: readonly KeptOrder[] = [];
  /** Entries whose edit was answered by "too late": that is said once. */
  const told = new Set<number>();

  /** A message that has not begun, at this chat. */
  function find(updateId: number, place: Place): Lined | undefined {
    const lined = line.find(updateId);
    return lined?.order.place.chatId === place.chatId && !lined.isStopped ? lined : undefined;
  }

  /** In line again, or in the turn that runs if it can take it, and it was there or need not be asked about. */
  async function putBack(lined: Lined, wasInTurn: boolean): Promise<void> {
    const { sessionId, order } = lined;
    const mayJoin = line.waiting(sessionId).length === 0 && (wasInTurn || deps.isPaidFor(lined));
    const steered = mayJoin ? steering.steer(line.running(sessionId), lined) : undefined;
    if (steered !== undefined) return steered;
    const noted = journal.note(lined.updateId, { state: "queued", sessionId, order });
    deps.enlist(lined);
    await noted;
  }

  return {
    has: (updateId: number, place: Place): boolean => find(updateId, place) !== undefined,

    /** Whether a message is in the running turn already, and only not read. */
    isSent: (updateId: number, place: Place): boolean => find(updateId, place)?.into !== undefined,

    /** What has not begun in a session, in order. */
    list: (
      sessionId: string,
    ): readonly { updateId: number; text: string; files: number; reason: WaitReason }[] =>
      line
        .notBegun(sessionId)
        .filter(({ isStopped }) => !isStopped)
        .map((lined) => ({
          updateId: lined.updateId,
          text: lined.order.text,
          files: lined.order.attachments?.length ?? 0,
          reason: lined.into === undefined ? deps.reasonOf(lined) : "unread",
        })),

    /** Takes a message back: it never runs. False if it has begun. */
    async drop(updateId: number, place: Place): Promise<boolean> {
      const lined = find(updateId, place);
      if (lined === undefined || !(await steering.withdraw(lined))) return false;
      const noted = journal.note(updateId, { state: "done", why: "dropped" });
      waits.over(lined, "dropped");
      await noted;
      return true;
    },

    /** Lets a message run before all others: into the turn that runs, or in its place. False if it has begun. */
    async sendNow(updateId: number, place: Place): Promise<boolean> {
      const lined = find(updateId, place);
      if (lined === undefined) return false;
      const wasUnread = lined.into !== undefined;
      if (!(await steering.withdraw(lined))) return false;
      const { sessionId, order } = lined;
      const running = line.running(sessionId);
      const mayJoin = !wasUnread && deps.isPaidFor(lined);
      const steered = mayJoin ? steering.steer(running, lined) : undefined;
      if (steered !== undefined) return steered.then(() => true);
      lined.rank = line.newRank("first");
      const noted = journal.note(updateId, { state: "queued", sessionId, order });
      deps.enlist(lined);
      // Where the day's budget was used up meanwhile, it asks for that first.
      if (running && !running.isAnswered && deps.reasonOf(lined) !== "budget") deps.stopRunning(running);
      await noted;
      return true;
    },

    /** Lets a message run although the day's budget is used up, before all others. False if it has begun. */
    async runAnyway(updateId: number, place: Place): Promise<boolean> {
      const lined = find(updateId, place);
      if (lined === undefined || !(await steering.withdraw(lined))) return false;
      lined.order = { ...lined.order, overBudget: true };
      lined.rank = line.newRank("first");
      const { sessionId, order } = lined;
      const noted = journal.note(updateId, { state: "queued", sessionId, order });
      deps.enlist(lined);
      await noted;
      return true;
    },

    /** Changes the words of a message that has not begun. */
    async edit(
      place: Place,
      messageId: number,
      change: (order: KeptOrder) => KeptOrder,
    ): Promise<EditOutcome> {
      const isIt = (order: KeptOrder): boolean =>
        messagesOf(order).includes(messageId) && order.place.chatId === place.chatId;
      for (const editKept of deps.kept) {
        const edited = editKept(isIt, change);
        if (edited !== undefined) return edited.then(() => "changed_held");
      }
      const answer = answers.find(isIt);
      if (answer && !isSame(change(answer), answer)) {
        answers = answers.filter((each) => each !== answer);
        return "too_late";
      }
      const entry = journal.unfinished().find(({ order }) => order !== undefined && isIt(order));
      // As it is already: Telegram tells of edits that change no word, and what came with its edit was taken so.
      if (entry?.order && isSame(change(entry.order), entry.order)) return "unknown";
      const lined = entry && find(entry.id, place);
      const wasInTurn = lined?.into !== undefined;
      if (lined && (await steering.withdraw(lined))) {
        lined.order = change(lined.order);
        waits.changed(lined);
        await putBack(lined, wasInTurn);
        return "changed";
      }
      const known = recent.get(place.chatId) ?? [];
      recent.set(
        place.chatId,
        known.filter((ids) => !ids.includes(messageId)),
      );
      if (entry === undefined) return known.flat().includes(messageId) ? "too_late" : "unknown";
      if (told.has(entry.id)) return "unknown";
      told.add(entry.id);
      return "too_late";
    },

    /** Remembers a message that answered what Claude asked: its edit comes too late. */
    answered(order: KeptOrder): void {
      answers = [...answers, order].slice(-RECENT_ANSWERS);
    },

    /** Remembers that a message has begun. */
    begun({ order }: Lined): void {
      const ids = messagesOf(order);
      if (ids.length === 0) return;
      const { chatId } = order.place;
      recent.set(chatId, [...(recent.get(chatId) ?? []), ids].slice(-RECENT));
    },
  };
}

function isSame(one: KeptOrder, other: KeptOrder): boolean {
  const files = ({ attachments = [] }: KeptOrder): string => attachments.map(({ fileId }) => fileId).join();
  return one.text === other.text && files(one) === files(other);
}
