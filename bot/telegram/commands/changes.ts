/**
 * The buttons of what a turn changed: its text, its files, and the way back and
 * forth. Nothing goes back without a second press, nor while a turn runs, of
 * whatever session, that works in the same folder.
 */
import type { Paths } from "../../store/paths.ts";
import type { TurnChanges, Way } from "../../turns/changes/changes.ts";
import type { Recorded } from "../../turns/changes/record.ts";
import { listMade } from "../../turns/made-files/offered.ts";
import type { Turns } from "../../turns/turns.ts";
import type { ButtonKind, Request, Tapped, WorkButton } from "../command.ts";
import type { Part } from "../delivery.ts";
import {
  askWay,
  changeToasts,
  diffParts,
  fileList,
  wayDone,
  wayFailed,
  wayLeft,
} from "../presenter/changes.ts";
import { say } from "../presenter/messages.ts";
import type { FileDeps } from "./file.ts";

export interface ChangesCommandDeps extends Pick<FileDeps, "bring"> {
  readonly changes: TurnChanges;
  readonly paths: Paths;
  readonly turns: Pick<Turns, "exclusive" | "isRunning" | "worksIn">;
}

/** All of them. */
export function changesButtons({ changes, paths, turns, bring }: ChangesCommandDeps): ButtonKind[] {
  /** Those on their way: a second press brings no second one. */
  const onTheWay = new Set<string>();

  /** Brings what `make` gives as a message under the answer, without making the press wait for it. */
  async function under(
    kind: string,
    { updateId, place, text, messageId }: Request,
    make: (recorded: Recorded) => Promise<readonly Part[]>,
    refuse: (recorded: Recorded) => string | undefined = () => undefined,
  ): Promise<Tapped> {
    const recorded = await changes.find(place, text);
    const refusal = recorded === undefined ? changeToasts.expired : refuse(recorded);
    if (recorded === undefined || refusal !== undefined) return { toast: refusal ?? changeToasts.expired };
    const key = `${kind}/${place.chatId}/${text}`;
    if (!onTheWay.has(key)) {
      onTheWay.add(key);
      const replyTo = messageId === undefined ? {} : { replyTo: messageId };
      const work = make(recorded).catch(() => wayFailed("failed"));
      void work
        .then((parts) => bring({ updateId, place, ...replyTo }, parts))
        .finally(() => onTheWay.delete(key));
    }
    return { toast: kind === "undo" ? changeToasts.looking : changeToasts.coming };
  }

  /** A turn that works there would find files changed under its hands, and count that as its own. */
  const isShared = ({ file: { top } }: Recorded): boolean => top !== undefined && turns.worksIn(top);

  const busy = (recorded: Recorded): string | undefined => {
    if (turns.isRunning(recorded.session.id)) return changeToasts.busy;
    return isShared(recorded) ? changeToasts.shared : undefined;
  };

  const goes = (kind: string, way: Way): WorkButton => ({
    kind,
    isSlow: true,
    async refuse({ place, text }) {
      const recorded = await changes.find(place, text);
      return recorded === undefined ? changeToasts.expired : busy(recorded);
    },
    async press({ place, text }) {
      const recorded = await changes.find(place, text);
      if (recorded === undefined) return wayFailed("expired");
      const refusal = busy(recorded);
      if (refusal !== undefined) return say(refusal);
      // Looked at again once its turn comes: another may have begun there meanwhile.
      const gone = await turns.exclusive(recorded.session.id, async () =>
        isShared(recorded) ? "shared" : changes.go(recorded, way),
      );
      if (gone === undefined) return say(changeToasts.busy);
      if (gone === "shared") return say(changeToasts.shared);
      return gone.ok ? wayDone(text, way, gone) : wayFailed(gone.kind);
    },
  });

  return [
    {
      kind: "diff",
      tap: (request) =>
        under("diff", request, async (recorded) => {
          const diff = await changes.diff(recorded);
          return diff.ok ? diffParts(diff) : say(changeToasts[diff.kind]);
        }),
    },
    {
      kind: "files",
      tap: (request) =>
        under("files", request, async ({ session, updateId }) =>
          fileList(await listMade(paths, session, updateId)),
        ),
    },
    {
      kind: "undo",
      tap: (request) =>
        under(
          "undo",
          request,
          async (recorded) => {
            const plan = await changes.plan(recorded, "undo");
            return plan.ok ? askWay(request.text, plan) : wayFailed(plan.kind);
          },
          busy,
        ),
    },
    goes("undo-do", "undo"),
    goes("redo", "redo"),
    { kind: "undo-no", press: async () => wayLeft() },
    {
      kind: "snap",
      async tap({ place, text }) {
        const recorded = await changes.find(place, text);
        const isKept = recorded !== undefined && (await changes.keepHere(recorded.session));
        return { toast: isKept ? changeToasts.kept : changeToasts.expired };
      },
    },
  ];
}
