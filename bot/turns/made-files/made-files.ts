/**
 * The files that one turn made: what its tools wrote is noted while it runs, and
 * at its end what can be offered is put into its last view. It does not know who
 * asks for them, nor how (`offered.ts`).
 */
import { z } from "zod";
import { readJson } from "../../store/json-file.ts";
import type { TurnPaths } from "../../store/paths.ts";
import { type Session, shortId } from "../../store/session.ts";
import type { SentFiles } from "../chat-tools/sent-files.ts";
import type { Listener } from "../follow.ts";
import type { TurnView } from "../view.ts";
import { findMade, findNamed } from "./find.ts";
import { resolve } from "node:path";

export interface MadeFilesOptions {
  readonly updateId: number;
  readonly session: Pick<Session, "id" | "cwd">;
  /** Claude works in the session's own folder. */
  readonly isOwn: boolean;
  readonly files: TurnPaths;
  /** What was sent needs not be offered. */
  readonly sent: SentFiles;
  readonly nowMs: () => number;
}

export interface MadeFiles {
  readonly listen: Listener;
  /** The view with what the turn made. Never rejects. */
  complete(view: TurnView): Promise<TurnView>;
}

/** What a tool says of a file that it wrote. */
const detailSchema = z.looseObject({ filePath: z.string(), type: z.string().optional() });
const startedSchema = z.looseObject({ createdAt: z.iso.datetime() });

/** Begins to note. */
export function madeFiles({ updateId, session, isOwn, files, sent, nowMs }: MadeFilesOptions): MadeFiles {
  const written = new Map<string, boolean>();
  return {
    listen(event) {
      if (event.type !== "tool_finished" || event.isError) return;
      const detail = detailSchema.safeParse(event.detail);
      // Made and then changed, it is still made.
      if (detail.success)
        written.set(
          detail.data.filePath,
          detail.data.type === "create" || written.get(detail.data.filePath) === true,
        );
    },
    async complete(view) {
      if (view.tools.length === 0) return view;
      try {
        // As written before its process was started, by whichever life.
        const started = await readJson(files.prompt, startedSchema);
        if (!started.ok) return view;
        const sinceMs = Date.parse(started.value.createdAt);
        const found = await findMade({ cwd: session.cwd, isOwn, written, sinceMs, nowMs });
        const isSent = ({ path }: { readonly path: string }): boolean => sent.has(resolve(session.cwd, path));
        const offered = found.filter((file) => !isSent(file));
        const rest = await findNamed(
          session.cwd,
          (view.changes?.files ?? []).filter(
            (file) => !isSent(file) && !offered.some(({ path }) => path === file.path),
          ),
        );
        const made = [...offered, ...rest].map((file, n) => ({
          ...file,
          id: `${shortId(session)}:${updateId}:${n}`,
          isOffered: n < offered.length,
        }));
        return made.length === 0 ? view : { ...view, made };
      } catch {
        // A disk that cannot be looked at has other ways to be told of; the answer matters more.
        return view;
      }
    },
  };
}
