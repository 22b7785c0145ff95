/**
 * Who may use the bot: the numeric ids for ALLOWED_USER_IDS. An id comes from a
 * flag, from what is set already, or from a message that the person sends and
 * says is theirs; never from whoever happens to write.
 */
import { faultOf } from "../config.ts";
import type { CallTelegram } from "../doctor/bot-api.ts";
import type { Me } from "../doctor/telegram.ts";
import { Abandoned, type Asker } from "./asker.ts";
import { findPerson, type Found, type SearchDeps } from "./find-person.ts";

const FLAG = "--user-id ID";

/** What stands in the way of finding the id, in words. */
const INSTEAD: Readonly<Record<Exclude<Found["kind"], "found">, string>> = {
  conflict:
    "Another program gets this bot's messages just now (is the bot running already?), so none can be seen here.",
  crowded: "More than a hundred messages wait for this bot; a new one cannot be seen without losing them.",
  unreachable: "Telegram cannot be reached any more.",
  nobody: "No message came within five minutes.",
};

/** Gives the ids, comma-separated. `isPolling`: our own bot runs, and a search would disturb it. */
export async function choosePeople(
  deps: Pick<SearchDeps, "wait" | "now"> & {
    readonly asker: Asker;
    readonly call: CallTelegram;
    readonly me: Me;
    readonly given: string | undefined;
    readonly existing: readonly number[];
    readonly isPolling: boolean;
  },
): Promise<string> {
  const { asker, existing } = deps;
  if (deps.given !== undefined) {
    const fault = ids.check(deps.given);
    if (fault !== undefined) throw new Abandoned(`--user-id: ${fault} Nothing was changed.`);
    return deps.given;
  }
  if (existing.length === 0) return String(await findId(deps));
  const kept = existing.join(",");
  const wish = await asker.choose({
    message: `Who may use it? Now: ${kept}`,
    flag: FLAG,
    initial: "keep",
    options: [
      { value: "keep", label: "Leave it so" },
      { value: "add", label: "Add a person" },
      { value: "replace", label: "Somebody else instead" },
    ],
  });
  if (wish === "keep") return kept;
  const id = await findId(deps, true);
  return wish === "add" ? [...new Set([...existing, id])].join(",") : String(id);
}

/** `isOther`: who is looked for is not on the list yet, and need not be who sits here. */
async function findId(deps: Parameters<typeof choosePeople>[0], isOther = false): Promise<number> {
  const { asker, me, isPolling } = deps;
  // Nobody there who could say "that is me".
  if (!asker.canAsk) return Number(await asker.text(oneId));
  let found: Found = { kind: "conflict" };
  if (!isPolling) {
    const who = isOther ? "have the person send" : "send";
    const invite = `Now ${who} any message to @${me.username}: https://t.me/${me.username}`;
    const isHim: SearchDeps["isHim"] = async ({ id, name, username }) => {
      const title = username === undefined ? name : `${name} (@${username})`;
      const whom = isOther ? "the person" : "you";
      const message = `Is this ${whom}: ${title}, id ${id}? Whoever it is can use this machine as you.`;
      const isYes = await asker.confirm({ message, flag: FLAG });
      if (!isYes) asker.tell("Then I wait for another message.");
      return isYes;
    };
    found = await asker.busy(invite, () => findPerson({ ...deps, known: deps.existing, isHim }));
  }
  if (found.kind === "found") return found.writer.id;
  const whose = isOther ? "the person's" : "your";
  asker.warn(`${INSTEAD[found.kind]} Type ${whose} numeric id; https://t.me/userinfobot tells it.`);
  return Number(await asker.text(isOther ? { ...oneId, message: "Their numeric user id:" } : oneId));
}

const ids = {
  message: "Your numeric user id:",
  flag: FLAG,
  check: (answer: string) => faultOf("ALLOWED_USER_IDS", answer),
};
const oneId = {
  ...ids,
  check: (answer: string) => (answer.includes(",") ? "One id, please." : ids.check(answer)),
};
