/**
 * Where everything lies on disk. The only file that joins paths: every name it
 * takes is checked, so no path it returns ever leaves its root.
 * It does not know what the files hold.
 */
import { join } from "node:path";

/** The three data folders, absolute. */
export interface Folders {
  readonly sessions: string;
  readonly archive: string;
  readonly personas: string;
}

/** The files of one session folder. */
export interface SessionPaths {
  readonly root: string;
  readonly file: string;
  readonly workspace: string;
  readonly turns: string;
  /** What the person sent in, under names of ours. */
  readonly uploads: string;
  /** What Claude notes for later turns, where the session works in its own folder. */
  readonly memory: string;
  /** Our own repository, of what turns found where they worked. */
  readonly snapshots: string;
  /** The history of a copy that has not spoken yet, as the CLI writes it. */
  readonly fork: string;
}

/** The files of one turn, named after the update that asked for it. */
export interface TurnPaths {
  readonly root: string;
  readonly prompt: string;
  readonly persona: string;
  readonly out: string;
  readonly err: string;
  readonly receipt: string;
  /** What Claude asked the person, and what became of it. */
  readonly asks: string;
  /** From which snapshot to which it led. */
  readonly changes: string;
  /** The text of what it changed, where it was asked for or no snapshot has it. */
  readonly diff: string;
  readonly sent: SentPaths;
}

/** The files of a process that waits for its message. */
export interface StandbyPaths {
  readonly root: string;
  readonly persona: string;
  readonly out: string;
  readonly err: string;
}

/** The files that a turn put into its chat: our copies, numbered, and a list of them. */
export interface SentPaths {
  /** The turn's own folder. */
  readonly turn: string;
  readonly root: string;
  readonly list: string;
  copy(number: number): string;
  /** The copy of a file that the turn only made, taken when it was asked for. */
  offered(number: number): string;
}

/** The files of one archived session; `part` is the tarball while it is being written. */
export interface ArchivePaths {
  readonly tarball: string;
  readonly part: string;
  readonly sidecar: string;
  /** The words of it for a search; only a copy. */
  readonly words: string;
}

/** A tarball that was sent in, and what is known of it. */
export interface ParcelPaths {
  readonly tarball: string;
  readonly note: string;
}

export type Paths = ReturnType<typeof createPaths>;

const FOLDER = /^[a-z0-9](?:[a-z0-9-]{0,39}[a-z0-9])?-[0-9a-f]{8}$/;
const ENDING = /^[a-z0-9]{1,8}$/;
const STANDBY = /^[0-9a-f]{8}$/;
const SLUG = /^[a-z0-9][a-z0-9_-]{0,31}$/;

/** Whether `name` can be a session's folder: `<slug>-<8 hex digits>`. */
export function isFolderName(name: string): boolean {
  return FOLDER.test(name);
}

/** Whether `name` can be a persona's file name without its ending. */
export function isPersonaSlug(name: string): boolean {
  return SLUG.test(name);
}

/** Whether `ending` can stand behind the dot of a file that was sent in. */
export function isFileEnding(ending: string): boolean {
  return ENDING.test(ending);
}

/** The file of a persona in its folder; throws a RangeError for a slug that is not ours. */
export function personaFile(folder: string, slug: string): string {
  return join(folder, `${checked(SLUG, slug)}.md`);
}

/** Builds the paths below `folders`. Each function throws a RangeError for a name that is not ours. */
export function createPaths(folders: Folders) {
  const inSessions = (...parts: string[]): string => join(folders.sessions, ...parts);

  function session(folder: string): SessionPaths {
    return sessionAt(inSessions(checked(FOLDER, folder)));
  }

  return {
    folders,
    lock: inSessions(".lock"),
    journal: inSessions("journal.jsonl"),
    journalBad: inSessions("journal.bad"),
    chats: inSessions("chats.json"),
    /** What the session folders hold, once more in one file; made anew where it is missing. */
    sessionCache: inSessions(".sessions.jsonl"),
    usage: inSessions("usage.jsonl"),
    budget: inSessions("budget.json"),
    cli: inSessions("claude-cli.json"),
    /** Which sessions were announced to be archived by themselves. */
    housekeeping: inSessions("housekeeping.json"),
    latencies: inSessions("latencies.json"),
    session,
    /** What waits for a message, one folder each: nothing in it outlives its process. */
    standbys: inSessions(".standby"),
    standby(id: string): StandbyPaths {
      const root = inSessions(".standby", checked(STANDBY, id));
      const inside = (name: string): string => join(root, name);
      return { root, persona: inside("persona.md"), out: inside("out.ndjson"), err: inside("err.log") };
    },
    /** A session being archived: renamed away, so that no writer finds it. */
    archiving: (folder: string): SessionPaths =>
      sessionAt(inSessions(`.archiving-${checked(FOLDER, folder)}`)),
    /** A session that is in a verified archive, while its folder is deleted: nothing in it is needed. */
    deleting: (folder: string): SessionPaths => sessionAt(inSessions(`.deleting-${checked(FOLDER, folder)}`)),
    /** A session being restored, not yet visible. */
    restoring: (folder: string): SessionPaths =>
      sessionAt(inSessions(`.restoring-${checked(FOLDER, folder)}`)),
    turn: (folder: string, updateId: number): TurnPaths => turnAt(session(folder), updateId),
    /** The `number`-th file that came with an update. */
    upload(folder: string, updateId: number, number: number, ending: string): string {
      const name = `${checkedId(updateId)}-${checkedId(number)}.${checked(ENDING, ending)}`;
      return join(session(folder).uploads, name);
    },
    archive(folder: string): ArchivePaths {
      const name = checked(FOLDER, folder);
      return {
        tarball: join(folders.archive, `${name}.tar.gz`),
        part: join(folders.archive, `.${name}.tar.gz.part`),
        sidecar: join(folders.archive, `${name}.json`),
        words: join(folders.archive, `.${name}.words.gz`),
      };
    },
    /** The page that an update asked for. */
    page: (updateId: number, format: "md" | "html"): string =>
      join(folders.archive, `.page-${checkedId(updateId)}.${checked(ENDING, format)}`),
    /** The tarball that came with an update. */
    parcel(updateId: number): ParcelPaths {
      const name = `.parcel-${checkedId(updateId)}`;
      return {
        tarball: join(folders.archive, `${name}.tar.gz`),
        note: join(folders.archive, `${name}.json`),
      };
    },
  };
}

function sessionAt(root: string): SessionPaths {
  return {
    root,
    file: join(root, "session.json"),
    workspace: join(root, "workspace"),
    turns: join(root, "turns"),
    uploads: join(root, "uploads"),
    memory: join(root, "memory"),
    snapshots: join(root, "snapshots.git"),
    fork: join(root, "fork.jsonl"),
  };
}

function turnAt(session: SessionPaths, updateId: number): TurnPaths {
  const root = join(session.turns, String(checkedId(updateId)));
  return {
    root,
    prompt: join(root, "prompt.json"),
    persona: join(root, "persona.md"),
    out: join(root, "out.ndjson"),
    err: join(root, "err.log"),
    receipt: join(root, "turn.json"),
    asks: join(root, "asks.json"),
    changes: join(root, "changes.json"),
    diff: join(root, "changes.diff"),
    sent: sentAt(root),
  };
}

function sentAt(turn: string): SentPaths {
  const root = join(turn, "sent");
  return {
    turn,
    root,
    list: join(root, "list.json"),
    copy: (number) => join(root, String(checkedId(number))),
    offered: (number) => join(root, `offered-${checkedId(number)}`),
  };
}

function checkedId(id: number): number {
  if (!Number.isSafeInteger(id) || id < 0) throw new RangeError("not an update id");
  return id;
}

function checked(pattern: RegExp, name: string): string {
  if (!pattern.test(name)) throw new RangeError("not a name of ours");
  return name;
}
