/**
 * What stands over the chat: where one is, what the bot is doing, whether it
 * runs, who answers; and the two buttons for looks and help.
 */
import * as connection from "./connection.ts";
import { icon, make, makeButton, the } from "./dom.ts";
import { showDialog, trying } from "./notices.ts";
import type { Store } from "./store.ts";

/** How long a sign of being busy holds, as in Telegram. */
const typingMs = 5500;
const themeKey = "theme";

const busyWords: Readonly<Record<string, string>> = {
  typing: "typing",
  upload_document: "sending a file",
  upload_photo: "sending a photo",
};

/** The head of one page. */
export function createHead(store: Store): void {
  const presence = the("presence", HTMLElement);
  const banner = the("banner", HTMLElement);
  let busy = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  let noted = "";
  let isTold = false;

  function showPresence(): void {
    const { bot } = store.state;
    const isBusy = busy !== "" && store.isConnected;
    presence.classList.toggle("busy", isBusy);
    presence.textContent = !store.isConnected
      ? "connecting…"
      : !bot.isRunning
        ? "not running"
        : isBusy
          ? `${busyWords[busy] ?? busy.replaceAll("_", " ")}…`
          : "bot";
  }

  store.subscribe(({ changed }) => {
    const { typing, topics } = store.state;
    the("title", HTMLElement).textContent =
      topics.find(({ id }) => id === store.topic)?.name ?? store.state.bot.name;
    const mine = typing.find(({ topic }) => topic === store.topic);
    const note = mine === undefined ? "" : `${mine.topic} ${mine.at}`;
    if (note !== noted && mine !== undefined) {
      busy = mine.action;
      clearTimeout(timer);
      timer = setTimeout(() => {
        busy = "";
        showPresence();
      }, typingMs);
    }
    noted = note;
    if (changed.some(({ isMine, topic }) => !isMine && topic === store.topic)) busy = "";
    showPresence();
    showBanner();
  });

  function showBanner(): void {
    const { bot, claude } = store.state;
    const isBroken = store.isConnected && !bot.isRunning;
    banner.classList.toggle("broken", isBroken || !store.isConnected);
    if (isBroken) {
      const again = makeButton({}, () => void trying(connection.restartBot()), "Start it again");
      banner.replaceChildren(make("span", {}, `The bot is not running. ${bot.ending}`), again);
    } else if (!store.isConnected)
      banner.replaceChildren("The playground does not answer. Is it still running in the terminal?");
    else {
      const hide = makeButton({ class: "icon", "aria-label": "Hide this" }, () => {
        isTold = true;
        showBanner();
      });
      hide.append(icon("close"));
      banner.replaceChildren(
        make("span", {}, make("strong", {}, `${claude.title}. `), claude.sentence),
        hide,
      );
    }
    banner.hidden = !isBroken && store.isConnected && (isTold || claude.sentence === "");
  }

  const theme = the("theme", HTMLButtonElement);
  const system = matchMedia("(prefers-color-scheme: dark)");
  const showTheme = (): void => {
    const isDark = (localStorage.getItem(themeKey) ?? (system.matches ? "dark" : "light")) === "dark";
    document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
    theme.replaceChildren(icon(isDark ? "sun" : "moon"));
    theme.setAttribute("aria-label", isDark ? "Light colours" : "Dark colours");
  };
  theme.addEventListener("click", () => {
    localStorage.setItem(themeKey, document.documentElement.dataset["theme"] === "dark" ? "light" : "dark");
    showTheme();
  });
  system.addEventListener("change", showTheme);
  showTheme();

  const help = the("help", HTMLButtonElement);
  help.append(icon("help"));
  help.setAttribute("aria-label", "About the playground");
  help.addEventListener("click", () => showHelp(store));
}

function showHelp({ state: { claude, folder } }: Store): void {
  const keys: readonly (readonly [string, string])[] = [
    ["Enter", "sends; Shift+Enter begins a new line"],
    ["/", "lists the commands; Tab writes one, Enter sends it"],
    ["↑", "in an empty field: changes your last message"],
    ["Esc", "closes what is open"],
    ["Tab to the messages, ↑ ↓", "walks through them; then r replies, c copies, e edits"],
  ];
  showDialog(
    "The playground",
    make(
      "p",
      {},
      "This page plays Telegram. The bot behind it is the real one, unchanged, and so is the Claude Code program that it starts.",
    ),
    make("p", {}, make("strong", {}, `${claude.title}. `), claude.sentence),
    make("p", {}, "Sessions and this chat are kept in ", make("code", {}, folder), "."),
    make("dl", {}, ...keys.flatMap(([key, words]) => [make("dt", {}, key), make("dd", {}, words)])),
  );
}
