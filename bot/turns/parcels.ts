/**
 * Archives that are sent in as files: recognized by their bytes, kept until the
 * person has said what becomes of them, made sessions of this chat. It promises
 * that nothing happens without the person's word, and that nothing in a tarball
 * is believed: anyone could have made it. It does not know the chat.
 */
import { createHash } from "node:crypto";
import type { Logger } from "../logger.ts";
import type { Archives } from "../store/archive/archive.ts";
import {
  beginsLikeArchive,
  dropParcel,
  keepParcel,
  type Parcel,
  putParcel,
  readParcel,
} from "../store/archive/parcels.ts";
import { exists } from "../store/archive/context.ts";
import { placeKey } from "../store/chats.ts";
import { orDiskFull } from "../store/disk.ts";
import { isPersonaSlug, type Paths } from "../store/paths.ts";
import type { SessionManager } from "../store/session-manager.ts";
import { cleanName } from "../store/session-name.ts";
import { type Place, type Session, shortId } from "../store/session.ts";
import type { Archiving, Reshape, RestoreOutcome } from "./archiving.ts";
import type { FetchFile } from "./attachments.ts";
import { type Attachment, type KeptOrder, orderSchema } from "./order.ts";

export interface ParcelsDeps {
  readonly archives: Pick<Archives, "claims">;
  readonly archiving: Pick<Archiving, "restoreFrom">;
  readonly sessions: Pick<SessionManager, "get">;
  readonly paths: Paths;
  readonly fetchFile: FetchFile;
  /** The real path of a folder in which a session may work, or undefined. */
  readonly findFolder: (wish: string) => Promise<string | undefined>;
  readonly defaultPersona: string;
  readonly now: () => Date;
  readonly logger: Logger;
}

/** Whether a parcel could be unpacked: its session may live here, or be archived here. */
export type Standing = "free" | "live" | "archived";

/** What a message brought; `none`: no archive of ours, so it goes on like any other. */
export type Looked =
  | { readonly kind: "none" }
  | { readonly kind: "newer" }
  | { readonly kind: "parcel"; readonly parcel: Parcel; readonly standing: Standing };

/** What of a session did not come with it: what it might do unasked; the folder that it worked in, where that is none of ours. */
export interface LeftBehind {
  readonly permissions: boolean;
  readonly cwd?: string;
}

export type Unpacked = RestoreOutcome & { readonly left: LeftBehind };

export type Parcels = ReturnType<typeof createParcels>;

/** Enough to see the first name in a tarball, whatever it is. */
const HEAD_BYTES = 4_096;

/** Makes them. Nothing is fetched before something is looked at. */
export function createParcels(deps: ParcelsDeps) {
  const { archives, archiving, sessions, paths, fetchFile, logger } = deps;
  /** Where something is looked at: what comes after it there waits. */
  const looking = new Map<string, Promise<unknown>>();
  const never = new AbortController().signal;

  async function lookInto(
    updateId: number,
    userId: number,
    order: KeptOrder,
    fileId: string,
  ): Promise<Looked> {
    const head = await fetchFile(fileId, never, HEAD_BYTES);
    if (!head.ok || !beginsLikeArchive(head.bytes)) return { kind: "none" };
    // What cannot be fetched or put down is told where every file is.
    const whole = await fetchFile(fileId, never);
    if (!whole.ok) return { kind: "none" };
    const put = await orDiskFull(() => putParcel(paths, updateId, whole.bytes));
    if (typeof put !== "string") return { kind: "none" };
    const claims = await archives.claims(put);
    if (!claims.ok) {
      await dropParcel(paths, updateId);
      logger.info({ updateId, kind: claims.failure.kind }, "a tarball that is no archive of ours");
      return { kind: claims.failure.kind === "newer" ? "newer" : "none" };
    }
    const { folder, session, archivedAt, turns } = claims.contents;
    const parcel: Parcel = {
      updateId,
      chatId: order.place.chatId,
      userId,
      sha256: createHash("sha256").update(whole.bytes).digest("hex"),
      archiveBytes: whole.bytes.length,
      folder,
      session: { ...session, name: cleanName(session.name) || "Session" },
      archivedAt,
      turns,
      order,
    };
    const full = await orDiskFull(() => keepParcel(paths, parcel));
    return full === undefined
      ? { kind: "parcel", parcel, standing: await standingOf(parcel) }
      : { kind: "none" };
  }

  async function standingOf({ folder, session }: Parcel): Promise<Standing> {
    if (sessions.get(session.id) !== undefined || (await exists(paths.session(folder).root))) return "live";
    return (await exists(paths.archive(folder).tarball)) ? "archived" : "free";
  }

  return {
    /** Whether a message may bring an archive, by what is known of it without a look. */
    mayBring: (order: KeptOrder): boolean => mayBeArchive(order) !== undefined,

    /** Looks whether the one file of a message is an archive; keeps it then. Bounded by the fetching. */
    async look(updateId: number, order: KeptOrder): Promise<Looked> {
      const fileId = mayBeArchive(order);
      if (fileId === undefined) return { kind: "none" };
      const key = placeKey(order.place);
      const mine = lookInto(updateId, order.createdBy, order, fileId).finally(() => {
        if (looking.get(key) === mine) looking.delete(key);
      });
      looking.set(key, mine);
      return mine;
    },

    /** What is looked at in this place, if anything is: what comes behind it waits for that. */
    looking: (place: Place): Promise<unknown> | undefined => looking.get(placeKey(place)),

    /** The parcel of an update, for who sent it and where it was sent alone. */
    async find(updateId: number, by: { place: Place; userId: number }): Promise<Parcel | undefined> {
      const parcel = await readParcel(paths, updateId);
      return parcel?.chatId === by.place.chatId && parcel.userId === by.userId ? parcel : undefined;
    },

    standing: standingOf,

    /** Makes a session of `place` out of it, after it was read to its end. A failure leaves the parcel where it is. */
    async unpack(parcel: Parcel, by: { place: Place; userId: number }): Promise<Unpacked> {
      let left: LeftBehind = { permissions: false };
      const reshape: Reshape = async (read) => {
        if (!isOf(read, parcel)) return damaged("another session's session.json");
        const cwd = await deps.findFolder(read.cwd);
        const { workspace } = paths.session(read.folder);
        left = {
          permissions: read.permissionMode !== undefined || (read.allowRules ?? []).length > 0,
          // A workspace of its own it has here as it had there.
          ...(cwd === undefined && !read.cwd.endsWith(`/${read.folder}/workspace`) ? { cwd: read.cwd } : {}),
        };
        const persona = isPersonaSlug(read.persona) ? read.persona : deps.defaultPersona;
        const hasHistory = await exists(paths.restoring(read.folder).fork);
        return {
          ok: true,
          session: {
            ...ownFields(read),
            ...(hasHistory ? forkFields(read) : {}),
            ...by.place,
            createdBy: by.userId,
            persona,
            cwd: cwd ?? workspace,
            arrivedAt: deps.now().toISOString(),
          },
        };
      };
      if ((await standingOf(parcel)) !== "free") return { ok: false, failure: { kind: "exists" }, left };
      const { folder, sha256, updateId } = parcel;
      const { tarball } = paths.parcel(updateId);
      const outcome = await archiving.restoreFrom({ folder, tarball, sha256 }, reshape);
      if (outcome.ok) await dropParcel(paths, updateId);
      return { ...outcome, left };
    },

    /** Takes it out, for the message to go on like any other; undefined where what it asked cannot be read. */
    orderOf: (parcel: Parcel): KeptOrder | undefined => orderSchema.safeParse(parcel.order).data,

    drop: (updateId: number): Promise<void> => dropParcel(paths, updateId),
  };
}

/** Whether a message may bring an archive, by what its sender calls the file; its bytes decide. */
export function isNamedLikeArchive({ kind, name = "", mimeType = "" }: Attachment): boolean {
  return (
    kind === "document" && (/\.(?:t?gz|tar)$/i.test(name) || /gzip|x-(?:compressed-)?tar/i.test(mimeType))
  );
}

function mayBeArchive({ attachments = [], joined }: KeptOrder): string | undefined {
  const [only, ...others] = attachments.filter(({ isQuoted }) => isQuoted !== true);
  if (only === undefined || others.length > 0 || joined !== undefined) return undefined;
  return isNamedLikeArchive(only) ? only.fileId : undefined;
}

/** The fields that a session may bring along; what it was allowed, and what is not known here, stays behind. */
function ownFields(read: Session): Omit<Session, "chatId" | "createdBy" | "persona" | "cwd"> {
  const { version, id, folder, name, model, effort, claudeSessionId } = read;
  const { createdAt, updatedAt, lastTurn, totals } = read;
  return {
    version,
    id,
    folder,
    name: cleanName(name) || "Session",
    ...(model === undefined ? {} : { model }),
    ...(effort === undefined ? {} : { effort }),
    state: "terminated",
    claudeSessionId,
    createdAt,
    updatedAt,
    ...(lastTurn === undefined ? {} : { lastTurn }),
    totals,
  };
}

/** A folder of a session's own, as it is told to the model: one line, in which the CLI sees no file to read. */
const WORKSPACE = /^\/[^\p{C}@()]{1,500}\/workspace$/u;

/** A copy that has not spoken yet is one here, too: its history came with it. */
function forkFields({ forkOf }: Session): Pick<Session, "forkOf"> {
  if (forkOf === undefined) return {};
  const { claudeSessionId, at, workspace = "" } = forkOf;
  return {
    forkOf: {
      claudeSessionId,
      ...(at === undefined ? {} : { at }),
      ...(WORKSPACE.test(workspace) ? { workspace } : {}),
    },
  };
}

function isOf(read: Session, { folder, session }: Parcel): boolean {
  return read.id === session.id && read.folder === folder && folder.endsWith(`-${shortId(read)}`);
}

function damaged(detail: string) {
  return { ok: false, failure: { kind: "damaged", detail } } as const;
}
