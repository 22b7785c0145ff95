/**
 * Plain, under a rich message: the same words as plain text, in its place.
 */
import type { Paths } from "../../store/paths.ts";
import type { SessionManager } from "../../store/session-manager.ts";
import { findAnswer } from "../../turns/past-answer.ts";
import type { WorkButton, Request } from "../command.ts";
import type { Part } from "../delivery.ts";
import { noLongerThere } from "../presenter/replies.ts";
import { type Look, presentAnswer } from "../presenter/turn.ts";

export interface PlainDeps {
  readonly sessions: SessionManager;
  readonly paths: Paths;
  readonly look: Look;
}

/** The button. */
export function plainButton(deps: PlainDeps): WorkButton {
  async function partsOf({ text, place }: Request): Promise<readonly Part[] | undefined> {
    const [updateId, from, to] = /^(\d+):(\d+):(\d+)$/.exec(text)?.slice(1).map(Number) ?? [];
    if (updateId === undefined || from === undefined || to === undefined) return undefined;
    const view = await findAnswer(deps, place.chatId, updateId);
    if (view === undefined) return undefined;
    const passage = { ...view, text: view.text.slice(from, to) };
    // The line stands under the last words only.
    const footer = to < view.text.length ? "off" : deps.look.footer;
    return presentAnswer(passage, { updateId }, { footer, isRich: false });
  }
  return {
    kind: "plain",
    refuse: async (request) => ((await partsOf(request)) === undefined ? noLongerThere : undefined),
    press: partsOf,
  };
}
