/**
 * The buttons of the files that a turn made: a press brings the file, as it is
 * now, under the answer.
 */
import type { Paths } from "../../store/paths.ts";
import type { SessionManager } from "../../store/session-manager.ts";
import { takeOffered } from "../../turns/made-files/offered.ts";
import type { Place } from "../../turns/view.ts";
import type { Request, TapButton } from "../command.ts";
import type { Part } from "../delivery.ts";
import { madeToasts, presentMade } from "../presenter/made-files.ts";

export interface FileDeps {
  readonly sessions: SessionManager;
  readonly paths: Paths;
  /** Answers the press with `parts`, under the message that `replyTo` names; resolves when they stand there, whatever dies meanwhile. */
  readonly bring: (
    press: { readonly updateId: number; readonly place: Place; readonly replyTo?: number },
    parts: readonly Part[],
  ) => Promise<void>;
}

/** The one kind. */
export function fileButton(deps: FileDeps): TapButton {
  /** Those on their way: a second press brings no second one. */
  const onTheWay = new Set<string>();

  async function bring({ updateId, place, text, messageId }: Request) {
    const key = `${place.chatId}/${text}`;
    if (onTheWay.has(key)) return { toast: madeToasts.onTheWay };
    onTheWay.add(key);
    const leave = (): void => void onTheWay.delete(key);
    const offered = await takeOffered(deps, place, text).catch((error: unknown) => {
      leave();
      throw error;
    });
    if (!offered.ok) {
      leave();
      return { toast: madeToasts[offered.kind] };
    }
    const replyTo = messageId === undefined ? {} : { replyTo: messageId };
    // Not awaited: it may be large.
    void deps.bring({ updateId, place, ...replyTo }, presentMade(offered)).finally(leave);
    return { toast: madeToasts.coming };
  }

  return { kind: "file", tap: bring };
}
