/**
 * Which files of the machine a session may put into its chat. Pure.
 */
import type { Bounds } from "../../store/confined-file.ts";
import type { Paths } from "../../store/paths.ts";
import type { Session } from "../../store/session.ts";

/**
 * What lies where Claude works, and in what the session's folder has for it. Never the state of this
 * session or the files of another, even where the person pointed the session at a folder above them.
 */
export function boundsOf(paths: Paths, session: Pick<Session, "folder" | "cwd">): Bounds {
  const { workspace, uploads } = paths.session(session.folder);
  return {
    own: [workspace, uploads],
    open: [session.cwd],
    closed: [paths.folders.sessions, paths.folders.archive],
  };
}
