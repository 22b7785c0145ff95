/**
 * An archive that was sent in as a file: the question what becomes of it, and
 * its buttons. Each names the update that the file came with, and works for who
 * sent it alone.
 */
import type { Parcel } from "../../store/archive/parcels.ts";
import type { SessionManager } from "../../store/session-manager.ts";
import type { KeptOrder } from "../../turns/order.ts";
import type { Journal } from "../../turns/journal.ts";
import type { Parcels } from "../../turns/parcels.ts";
import type { Turns } from "../../turns/turns.ts";
import type { Request, WorkButton } from "../command.ts";
import type { Part } from "../delivery.ts";
import {
  askAboutParcel,
  newerParcel,
  parcelHandedOver,
  parcelLeft,
  parcelNotUnpacked,
  parcelUnpacked,
  parcelUnreadable,
} from "../presenter/parcels.ts";
import { pressExpired } from "../presenter/replies.ts";
import { offerSessions } from "../presenter/sessions.ts";
import { begunSession } from "./begun.ts";
import { makeCurrent } from "./restore.ts";
import { sessionsSeen } from "./session.ts";

export interface ParcelDeps {
  readonly parcels: Parcels;
  readonly sessions: SessionManager;
  readonly turns: Turns;
  readonly journal: Journal;
  readonly now: () => Date;
}

/** What to say to a message that brings an archive; undefined where it brings none. */
export async function questionAbout(
  { parcels, now }: Pick<ParcelDeps, "parcels" | "now">,
  updateId: number,
  order: KeptOrder,
): Promise<readonly Part[] | undefined> {
  const looked = await parcels.look(updateId, order);
  switch (looked.kind) {
    case "none":
      return undefined;
    case "newer":
      return newerParcel();
    case "parcel":
      return askAboutParcel(looked.parcel, looked.standing, now());
  }
}

/** Restore it, give it to Claude, leave it. */
export function parcelButtons(deps: ParcelDeps): WorkButton[] {
  const busy = new Set<number>();

  /** One press counts; `isDone` says that an earlier life did it already. */
  function button(
    kind: string,
    work: (request: Request, parcel: Parcel) => Promise<readonly Part[]>,
    isDone: (request: Request) => Promise<readonly Part[] | undefined> = async () => undefined,
  ): WorkButton {
    const find = (request: Request) => deps.parcels.find(Number(request.text) || 0, request);
    return {
      kind,
      isSlow: true,
      leads: true,
      async refuse(request) {
        const parcel = await find(request);
        const isThere = parcel !== undefined && !busy.has(parcel.updateId);
        return isThere || begunSession(deps, request) ? undefined : pressExpired;
      },
      async press(request) {
        const done = await isDone(request);
        if (done !== undefined) return done;
        const parcel = await find(request);
        if (parcel === undefined || busy.has(parcel.updateId)) return undefined;
        busy.add(parcel.updateId);
        return work(request, parcel).finally(() => busy.delete(parcel.updateId));
      },
    };
  }

  async function unpack(request: Request, parcel: Parcel): Promise<readonly Part[]> {
    await deps.journal.note(request.updateId, { state: "acting", target: parcel.folder });
    const unpacked = await deps.parcels.unpack(parcel, request);
    if (!unpacked.ok) return parcelNotUnpacked(parcel, unpacked.failure);
    const { session, left } = unpacked;
    return makeCurrent(deps, request, session, (isCurrent) => parcelUnpacked(session, left, { isCurrent }));
  }

  async function unpackedBefore(request: Request): Promise<readonly Part[] | undefined> {
    const session = begunSession(deps, request);
    if (session === undefined) return undefined;
    await deps.parcels.drop(Number(request.text) || 0);
    const left = { permissions: false };
    return makeCurrent(deps, request, session, (isCurrent) => parcelUnpacked(session, left, { isCurrent }));
  }

  async function handOver(request: Request, parcel: Parcel): Promise<readonly Part[]> {
    const { updateId, place } = request;
    const order = deps.parcels.orderOf(parcel);
    if (order === undefined) return parcelUnreadable();
    const session = deps.sessions.current(place);
    let told = parcelHandedOver();
    if (session !== undefined) await deps.turns.submit(updateId, session.id, order);
    else {
      const waiting = await deps.turns.hold(updateId, order);
      told = offerSessions({ ...sessionsSeen(deps, place), waiting });
    }
    await deps.parcels.drop(parcel.updateId);
    return told;
  }

  async function leave(_: Request, parcel: Parcel): Promise<readonly Part[]> {
    await deps.parcels.drop(parcel.updateId);
    return parcelLeft();
  }

  return [button("unpack", unpack, unpackedBefore), button("hand-over", handOver), button("leave", leave)];
}
