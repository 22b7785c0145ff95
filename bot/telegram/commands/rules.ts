/**
 * Taking back what was allowed for a session: a button for each rule under
 * /status.
 */
import type { SessionManager } from "../../store/session-manager.ts";
import { ruleId, type Session, shortId } from "../../store/session.ts";
import type { ButtonKind, Request } from "../command.ts";
import type { Part } from "../delivery.ts";
import { notAllowedAnyMore } from "../presenter/rules.ts";

/** The button; `show` makes the list anew. */
export function revokeButton(deps: {
  readonly sessions: SessionManager;
  readonly show: (request: Request) => Promise<readonly Part[]>;
}): ButtonKind {
  const find = ({ text, place }: Request): { session: Session; id: string } | undefined => {
    const [short = "", id = ""] = text.split(":");
    const session = deps.sessions.list(place.chatId).find((each) => shortId(each) === short);
    return session?.allowRules?.some((rule) => ruleId(rule) === id) ? { session, id } : undefined;
  };
  return {
    kind: "revoke",
    refuse: (request) => (find(request) ? undefined : notAllowedAnyMore),
    async press(request) {
      const found = find(request);
      if (found)
        await deps.sessions.update(found.session.id, ({ allowRules = [] }) => ({
          allowRules: allowRules.filter((rule) => ruleId(rule) !== found.id),
        }));
      return deps.show(request);
    },
  };
}
