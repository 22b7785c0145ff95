/**
 * What is done when the bot was away and is back: each update that waited is
 * looked at once, what is too old is kept for the person's word, and each place is
 * told in one message. It promises that nothing old is done unasked, and that no
 * two lists ask about the same. It does not know what is done with the rest.
 */
import type { Message, Update } from "grammy/types";
import { placeKey } from "../store/chats.ts";
import type { Session } from "../store/session.ts";
import type { Entry } from "../turns/facts.ts";
import type { Journal } from "../turns/journal.ts";
import type { Kept } from "../turns/kept.ts";
import { isLate } from "../turns/late.ts";
import type { Place } from "../turns/view.ts";
import { commandName, createAddressing, type Self } from "./addressing.ts";
import { type Gathered, inGroups } from "./gather.ts";
import { readMessage } from "./incoming.ts";
import { keptItems } from "./kept-items.ts";
import type { Outbox } from "./outbox.ts";
import { placeOf } from "./place.ts";
import { awayNotice, keptMoved, pressedWhileAway } from "./presenter/away.ts";
import { recovered } from "./presenter/notices.ts";

export interface AwayDeps {
  readonly journal: Journal;
  readonly kept: Kept;
  readonly outbox: Pick<Outbox, "notice" | "remark">;
  /** Answers a press in a few words. */
  readonly answerPress: (id: string, text: string) => void;
  /** The bot itself, once Telegram has said who it is. */
  readonly me: () => Self;
  /** Commands that do no harm however late they come. */
  readonly harmless: ReadonlySet<string>;
  readonly staleAfterMs: number;
  readonly now: () => Date;
}

interface Story {
  readonly place: Place;
  /** What is done now, with its message where it was none of our own yet. */
  readonly messages: Gathered[];
  others: number;
  recovered: readonly Session[];
}

/** Makes it; `since` is when the last life ended, if that is long ago. */
export function createAway(deps: AwayDeps, since: Date | undefined) {
  const { journal, kept, outbox, now } = deps;
  const addressed = createAddressing();
  const stories = new Map<string, Story>();
  let outage: { readonly from: Date; readonly to?: Date } | undefined = since && { from: since };
  let keeping: Promise<void>[] = [];
  /** Messages that were kept last: what goes on with one is kept with it. */
  const last = new Map<string, Gathered[]>();

  const storyAt = (place: Place): Story => {
    const key = placeKey(place);
    const story = stories.get(key) ?? { place, messages: [], others: 0, recovered: [] };
    stories.set(key, story);
    return story;
  };

  const late = (entry: Entry, sentAt: Date | undefined): boolean =>
    isLate(entry, sentAt, { now: now(), staleAfterMs: deps.staleAfterMs, wasAway: since !== undefined });

  function keep({ id, note }: Entry, place: Place): false {
    keeping.push(kept.keep(id, place));
    // It waits for something else now than the note under it says.
    if (note !== undefined) void outbox.remark(place, [], { messageId: note });
    return false;
  }

  function admitMessage(entry: Entry, message: Message): boolean {
    const place = placeOf(message);
    const one = { updateId: entry.id, message };
    const before = last.get(placeKey(place)) ?? [];
    const isMore = before.length > 0 && inGroups([...before, one]).length === 1;
    const me = deps.me();
    // What a group says among itself is nobody's business here, nor what nobody said.
    const isForUs = addressed(message, me) !== undefined && readMessage(message, me.id).kind !== "told";
    if (!isForUs && !isMore) return true;
    const isHarmless = deps.harmless.has(commandName(message) ?? "");
    if (isMore || (!isHarmless && late(entry, new Date(message.date * 1_000)))) {
      last.set(placeKey(place), isMore ? [...before, one] : [one]);
      return keep(entry, place);
    }
    if (outage !== undefined || entry.awaySince !== undefined) storyAt(place).messages.push(one);
    return true;
  }

  function admitPress(entry: Entry, press: NonNullable<Update["callback_query"]>): boolean {
    if (!late(entry, undefined)) return true;
    deps.answerPress(press.id, pressedWhileAway);
    keeping.push(journal.note(entry.id, { state: "done", why: "pressed while away" }));
    return false;
  }

  async function say({ place, messages, others, recovered: sessions }: Story): Promise<void> {
    const all = kept.at(place);
    const isAsked = all.every((entry) => entry.kept?.notice !== undefined);
    const older = new Set(all.flatMap((entry) => entry.kept?.notice ?? []));
    const told = outage && { from: outage.from, to: outage.to ?? now() };
    const running = told === undefined ? 0 : inGroups(messages).length + others;
    if (isAsked && running === 0 && sessions.length === 0) return;
    const parts = awayNotice({
      outage: told,
      running,
      kept: isAsked ? [] : keptItems(all),
      recovered: sessions,
      staleAfterMs: deps.staleAfterMs,
      now: now(),
    });
    const notice = await outbox.notice(place, parts);
    if (notice === undefined || isAsked) return;
    await kept.asked(all, notice);
    for (const messageId of older) void outbox.notice(place, keptMoved(), messageId);
  }

  return {
    /** Telegram was heard again after nobody had listened since `from`; what waited there comes now. */
    back(from: Date): void {
      outage = { from: outage?.from ?? from, to: now() };
    },

    /** Whether an entry that has not begun may be done unasked; one that is too old is kept. Once for each. */
    admit(entry: Entry): boolean {
      const { update, order } = entry;
      const { message, callback_query: press } = (update ?? {}) as Update;
      if (entry.state === "received") {
        if (message !== undefined) return admitMessage(entry, message);
        return press === undefined || admitPress(entry, press);
      }
      if (order === undefined) return true;
      if (late(entry, undefined)) return keep(entry, order.place);
      if (outage !== undefined) storyAt(order.place).others += 1;
      return true;
    },

    /** Tells a place whose sessions had a turn under way when the last life ended: with the rest, if there is more to tell. */
    recovered(place: Place, sessions: readonly Session[]): void {
      if (outage === undefined) void outbox.notice(place, recovered(sessions));
      else storyAt(place).recovered = sessions;
    },

    /** Tells each place what there is to tell, once all that waited was looked at. */
    async tell(): Promise<void> {
      const waited = keeping;
      keeping = [];
      // What is told to be kept is on the disk.
      await Promise.all(waited);
      for (const place of kept.places()) storyAt(place);
      const told = [...stories.values()];
      stories.clear();
      last.clear();
      const said = Promise.all(told.map(say));
      outage = undefined;
      await said;
    },
  };
}
