/**
 * Conversations that the person had at a terminal, found and brought into a chat
 * as sessions. Promises that only folders are looked at which the owner named or
 * in which a session of the chat works, and that no conversation gets two
 * sessions. It does not know the chat.
 */
import { type Conversation, findConversation, listConversations } from "../claude/conversations.ts";
import type { CreateResult } from "../store/session-maker.ts";
import type { SessionManager } from "../store/session-manager.ts";
import type { Place, Session } from "../store/session.ts";
import { isWithin } from "../store/within.ts";

export type { Conversation } from "../claude/conversations.ts";

export interface ResumingDeps {
  readonly sessions: SessionManager;
  /** The CLI's own folder (`~/.claude`); undefined where the environment names none. */
  readonly configDir: string | undefined;
  /** Folders of the machine that sessions may work in, real paths. */
  readonly roots: readonly string[];
  /** Whether sessions may work in a folder: one may have been closed since a session began there. */
  readonly mayWorkIn: (cwd: string) => boolean;
  readonly defaultPersona: string;
}

/** What became of the wish for one; `existed`: a session of the chat has it already. */
export type ResumeOutcome =
  | { readonly ok: true; readonly session: Session; readonly found: Conversation; readonly existed: boolean }
  | { readonly ok: false; readonly kind: "gone" | "elsewhere" }
  | Extract<CreateResult, { ok: false }>;

export type Resuming = ReturnType<typeof createResuming>;

/** Five pages of a list. */
const MOST_LISTED = 40;

/** Makes the two verbs. */
export function createResuming(deps: ResumingDeps) {
  const { sessions, configDir, roots } = deps;
  const bringing = new Map<string, Promise<ResumeOutcome>>();

  /** Where a conversation may have been had. */
  function foldersOf(chatId: number): string[] {
    const own = sessions.list(chatId).map(({ cwd }) => cwd);
    return [
      ...roots,
      ...own.filter((cwd) => deps.mayWorkIn(cwd) && !roots.some((root) => isWithin(cwd, root))),
    ];
  }

  const isAllowed = ({ cwd }: Conversation, folders: readonly string[]): boolean =>
    folders.some((folder) => isWithin(cwd, folder));

  async function bring(claudeSessionId: string, wish: BringWish): Promise<ResumeOutcome> {
    const { chatId } = wish.place;
    const found = configDir && (await findConversation(configDir, claudeSessionId));
    if (!found || !isAllowed(found, foldersOf(chatId))) return { ok: false, kind: "gone" };
    const owner = sessions.byClaudeSession(claudeSessionId);
    if (owner !== undefined)
      return owner.chatId === chatId
        ? { ok: true, session: owner, found, existed: true }
        : { ok: false, kind: "elsewhere" };
    const { cwd, title, bytes } = found;
    const made = await sessions.create({
      name: title,
      persona: deps.defaultPersona,
      cwd,
      ...wish,
      given: { claudeSessionId, known: { claudeSessionId, bytes } },
    });
    return made.ok ? { ok: true, session: made.session, found, existed: made.existed } : made;
  }

  return {
    /** The chat's, the last changed first, but for those that a session has already; with `words`, those that have them all. */
    async list(chatId: number, words: readonly string[] = []): Promise<Conversation[]> {
      if (configDir === undefined) return [];
      const folders = foldersOf(chatId);
      const wanted = words.map((word) => word.toLowerCase());
      return listConversations(configDir, folders, {
        most: MOST_LISTED,
        isWanted(found) {
          const { claudeSessionId, title, lastWords, cwd, isTyped } = found;
          if (!isAllowed(found, folders) || sessions.byClaudeSession(claudeSessionId)) return false;
          const text = `${title}\n${lastWords}\n${cwd}`.toLowerCase();
          const isNamed = wanted.length === 1 && claudeSessionId.startsWith(wanted[0]?.padEnd(8, "?") ?? "");
          // What a program had with Claude nobody would know again, unless they name it.
          return isNamed || (isTyped && wanted.every((word) => text.includes(word)));
        },
      });
    },

    /** Makes a session of a conversation, or gives the one that has it. */
    async bring(claudeSessionId: string, wish: BringWish): Promise<ResumeOutcome> {
      const underWay = bringing.get(claudeSessionId);
      const brought = (underWay ?? Promise.resolve()).then(() => bring(claudeSessionId, wish));
      bringing.set(claudeSessionId, brought);
      try {
        return await brought;
      } finally {
        if (bringing.get(claudeSessionId) === brought) bringing.delete(claudeSessionId);
      }
    },
  };
}

/** For whom it is brought, and by which update. */
interface BringWish {
  readonly place: Place;
  readonly createdBy: number;
  readonly originUpdateId: number;
}
