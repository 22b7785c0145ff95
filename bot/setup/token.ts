/**
 * Which bot: a token that Telegram knows. It is checked live before anything is
 * written, and never shown.
 */
import type { CallTelegram } from "../doctor/bot-api.ts";
import { type Me, readMe } from "../doctor/telegram.ts";
import { faultOf } from "../config.ts";
import { Abandoned, type Asker } from "./asker.ts";
import { shownName } from "./shown-name.ts";

const BOTFATHER = [
  "A bot of your own, in three steps:",
  "  1. Open https://t.me/BotFather in Telegram and send it /newbot.",
  "  2. Give it a name, then a user name that ends in “bot”.",
  "  3. It answers with a token like 123456789:AAE… Copy that.",
].join("\n");

/** The token and the bot it is for. */
export interface ChosenBot {
  readonly token: string;
  readonly me: Me;
}

/** Asks until Telegram knows the token. `given` is not asked for; `existing` may be kept. */
export async function chooseBot(deps: {
  readonly asker: Asker;
  readonly callFor: (token: string) => CallTelegram;
  readonly given: string | undefined;
  readonly existing: string | undefined;
}): Promise<ChosenBot> {
  const { asker, given, existing } = deps;
  const check = async (token: string) => {
    const answer = await asker.busy("Asking Telegram who this is …", () => deps.callFor(token)("getMe"));
    const me = readMe(answer);
    if (me !== undefined) return { me };
    if (answer.kind === "unreachable")
      return {
        isAway: true,
        fault: `Telegram cannot be reached (${answer.code}): look at this machine's network.`,
      };
    return { fault: "Telegram does not know this token. It must be the one that @BotFather gave." };
  };

  if (given !== undefined) {
    const wrong = faultOf("TELEGRAM_BOT_TOKEN", given);
    const { me, fault } = wrong === undefined ? await check(given) : { me: undefined, fault: wrong };
    if (me === undefined) throw new Abandoned(`${fault} Nothing was changed.`);
    asker.tell(`The bot is ${titleOf(me)}.`);
    return { token: given, me };
  }
  if (existing !== undefined) {
    const { me, fault, isAway } = await check(existing);
    // Another token would not be answered either.
    if (isAway) throw new Abandoned(`${fault} Nothing was changed.`);
    const message = me === undefined ? "" : `Keep ${titleOf(me)}?`;
    if (me === undefined) asker.warn(`The token in .env: ${fault}`);
    else if (await asker.confirm({ message, flag: "--token-file", initial: true }))
      return { token: existing, me };
  }
  asker.tell(BOTFATHER);
  for (;;) {
    const token = await asker.secret({
      message: "The token (it is not shown while you paste it):",
      flag: "--token-file FILE, or TELEGRAM_BOT_TOKEN in the environment",
      check: (answer) => faultOf("TELEGRAM_BOT_TOKEN", answer.trim()),
    });
    const { me, fault } = await check(token.trim());
    if (me !== undefined) {
      asker.tell(`Hello, ${titleOf(me)}.`);
      return { token: token.trim(), me };
    }
    asker.warn(fault ?? "");
  }
}

/** The bot's name as people see it, on one line. */
function titleOf(me: Me): string {
  const name = shownName(me.first_name);
  return name === "" ? `@${me.username}` : `${name} (@${me.username})`;
}
