/**
 * Messages that go into the turn that runs: written down, written into the
 * process, and done when it has read them. What it never reads stands in line
 * again, once: nothing is lost, and nothing is said to Claude twice.
 */
import { placeKey } from "../store/chats.ts";
import type { Upload } from "./attachments.ts";
import type { Listener } from "./follow.ts";
import type { KeptOrder } from "./order.ts";
import type { Journal } from "./journal.ts";
import type { Line, Lined } from "./line.ts";
import { contentOf } from "./content.ts";
import { tellSpeaker } from "./prompt.ts";
import type { WaitEnd, WaitReason } from "./view.ts";

/** Told what waits and how that ended. */
export interface WaitingCallbacks {
  /** It has not begun, and why; also when the reason changes. */
  waits(message: Lined, reason: WaitReason): void;
  /** Its words are others now; `waits` or `over` follows. */
  changed(message: Lined): void;
  over(message: Lined, end: WaitEnd): void;
}

export interface SteeringDeps {
  readonly journal: Journal;
  readonly line: Line;
  readonly waits: WaitingCallbacks;
  readonly newId: () => string;
  readonly checkpoint: (name: string) => void;
  /** Puts a message in line again. */
  enlist(lined: Lined): void;
  /** Whether the day's budget, or the person, lets it run. */
  isPaidFor(lined: Lined): boolean;
  /** Brings in the files of a message; undefined where a turn of its own must say what became of them. */
  bringIn(lined: Lined, signal: AbortSignal): Promise<readonly Upload[] | undefined>;
}

export type Steering = ReturnType<typeof createSteering>;

/** Makes the steering of all turns. */
export function createSteering(deps: SteeringDeps) {
  const { journal, line, waits, checkpoint } = deps;

  /** Puts what was not read in line again, with a fact for each. */
  function takeBack(lined: Lined): Promise<void> {
    const { into, order, sessionId } = lined;
    into?.turn.unread.delete(into.messageUuid);
    delete lined.into;
    const noted = journal.note(lined.updateId, { state: "queued", sessionId, order });
    deps.enlist(lined);
    return noted;
  }

  async function write(turn: Lined, lined: Lined, messageUuid: string): Promise<void> {
    const { sessionId, order } = lined;
    const before = turn.written;
    await journal.note(lined.updateId, {
      state: "steered",
      turn: turn.updateId,
      messageUuid,
      sessionId,
      order,
    });
    checkpoint("steered");
    // A message does not overtake one whose files are still on their way.
    await before;
    // Taken back meanwhile, or the turn came to its end.
    const isWanted = (): boolean => turn.unread.get(messageUuid) === lined;
    if (!isWanted()) return;
    const uploads = await deps.bringIn(lined, turn.cutShort.signal);
    if (!isWanted()) return;
    const who = order.speaker === undefined ? {} : { preface: tellSpeaker(order.speaker) };
    const content = uploads && contentOf({ ...order, ...who, uploads });
    if (content === undefined || !turn.run?.send({ uuid: messageUuid, content })) return takeBack(lined);
    lined.into = { turn, messageUuid, isWritten: true };
    checkpoint("steer-sent");
  }

  /** Writes a message into the running turn; undefined if that cannot take it. Resolves when it is written down. */
  function steer(turn: Lined | undefined, lined: Lined): Promise<void> | undefined {
    if (turn === undefined || turn.isStopped || turn.isAnswered || !turn.run?.takesMessages) return undefined;
    // What is said in a turn stands where that was asked for, and a message is answered where it was written.
    if (placeKey(lined.order.place) !== placeKey(turn.order.place)) return undefined;
    if (!canSteer(lined.order)) return undefined;
    const messageUuid = deps.newId();
    turn.unread.set(messageUuid, lined);
    lined.into = { turn, messageUuid, isWritten: false };
    waits.waits(lined, "unread");
    turn.written = write(turn, lined, messageUuid);
    return turn.written;
  }

  return {
    steer,

    /** What waited for the turn to be there goes into it, up to the first that cannot. */
    steerWaiting(turn: Lined): void {
      for (const lined of line.waiting(turn.sessionId)) {
        // One about which the person is asked waits for their word, whatever else they let run.
        const written = lined.isStopped || !deps.isPaidFor(lined) ? undefined : steer(turn, lined);
        if (written === undefined) return;
        line.leave(lined);
      }
    },

    /** Hears which messages were read, and cuts the answer where what follows answers them. */
    listenerFor(turn: Lined): Listener {
      return (event, stage) => {
        if (event.type === "result" && event.more) {
          // The next words are for what waits to be read, though the CLI may say only after the first of them that it was.
          const [next] = turn.unread.keys();
          if (next !== undefined) stage.put(next, { kind: "steered" });
        }
        if (event.type !== "taken") return;
        const lined = turn.unread.get(event.messageUuid);
        if (lined === undefined) return;
        turn.unread.delete(event.messageUuid);
        turn.read.push({ uuid: event.messageUuid, lined });
        const { text, attachments = [] } = lined.order;
        stage.put(event.messageUuid, { kind: "steered", said: { text, files: attachments.length } });
        waits.over(lined, "read");
      };
    },

    /**
     * The answer is known: what was read is done with it. Not before: the next life must know all that
     * the process was sent, to know how many answers it owes. Of a turn that was cut off it is kept: the
     * person decides about the whole of it.
     */
    answered(turn: Lined, isCutOff = false): void {
      for (const { uuid: messageUuid, lined } of turn.read.splice(0)) {
        const { updateId, sessionId, order } = lined;
        void journal.note(
          updateId,
          isCutOff
            ? { state: "steered", turn: turn.updateId, messageUuid, sessionId, order, isRead: true }
            : { state: "done", why: "steered" },
        );
      }
    },

    /** The turn's process is gone: what it did not read stands in line again, where it stood. */
    giveBack(turn: Lined): void {
      for (const lined of turn.unread.values()) void takeBack(lined);
    },

    /** Takes a message out of where it waits, so that something else can become of it; false if it is read already. */
    async withdraw(lined: Lined): Promise<boolean> {
      const { into } = lined;
      if (into === undefined) {
        const isWaiting = line.waiting(lined.sessionId).includes(lined);
        line.leave(lined);
        return isWaiting;
      }
      const { turn, messageUuid } = into;
      const isWithdrawn = !into.isWritten || (await turn.run?.withdraw(messageUuid));
      // A process that is ended has no word left: whether it has read this is known when it is gone.
      const isUnread = turn.unread.get(messageUuid) === lined;
      if (isWithdrawn !== true && isUnread && (turn.isStopped || turn.isAnswered)) await turn.over.promise;
      // The turn may have come to its end meanwhile: then it stands in line.
      if (lined.into !== into) {
        const isWaiting = line.waiting(lined.sessionId).includes(lined);
        line.leave(lined);
        return isWaiting;
      }
      if (isWithdrawn !== true) return false;
      turn.unread.delete(messageUuid);
      delete lined.into;
      return true;
    },
  };
}

/**
 * Whether a message may go into a running turn. The CLI's own commands may not: they are about the
 * conversation as it stands after the turn. Neither may what a person did not write, such as "Continue",
 * nor speech: what was heard is shown before it is used.
 */
function canSteer({ messageId, grant, attachments = [], text }: KeptOrder): boolean {
  const isPersons = messageId !== undefined && grant === undefined;
  return isPersons && !text.startsWith("/") && !attachments.some(({ kind }) => kind === "voice");
}
