/**
 * The button under an archived session: its tarball, as a file in the chat.
 */
import type { Paths } from "../../store/paths.ts";
import type { ButtonKind } from "../command.ts";
import { archiveSent, noSuchArchive } from "../presenter/archiving.ts";
import { find, ofChat, type RestoreDeps } from "./restore.ts";

export interface FetchDeps extends Pick<RestoreDeps, "archives" | "logger"> {
  readonly paths: Pick<Paths, "archive">;
}

/** The button. */
export function fetchButton(deps: FetchDeps): ButtonKind {
  return {
    kind: "fetch",
    isSlow: true,
    async press(request) {
      const archive = find(await ofChat(deps, request), request.text);
      if (archive === undefined) return noSuchArchive(request.text);
      return archiveSent(archive, deps.paths.archive(archive.folder).tarball);
    },
  };
}
