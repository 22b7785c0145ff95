/**
 * The list of the bot's commands over the message field: opened by its button or
 * by a slash, walked through from the field, which keeps the focus.
 */
import type { WireCommand } from "../wire.ts";
import { make, the } from "./dom.ts";
import type { Store } from "./store.ts";

/** The menu of one composer. `onPick`: whether to send it at once, or only to write it. */
export function createCommandsMenu(store: Store, onPick: (command: string, isSent: boolean) => void) {
  const list = the("commands", HTMLElement);
  const field = the("text", HTMLTextAreaElement);
  const button = the("menu", HTMLButtonElement);
  let shown: readonly WireCommand[] = [];
  let chosen = 0;

  function draw(): void {
    list.hidden = shown.length === 0;
    button.setAttribute("aria-expanded", String(shown.length > 0));
    list.replaceChildren(
      ...shown.map(({ command, description }, at) => {
        const option = make(
          "div",
          { role: "option", id: `command-${at}`, "aria-selected": String(at === chosen) },
          make("strong", {}, `/${command}`),
          make("span", {}, description),
        );
        // Before the field loses the focus.
        option.addEventListener("pointerdown", (event) => event.preventDefault());
        option.addEventListener("click", () => onPick(`/${command}`, true));
        return option;
      }),
    );
    if (shown.length === 0) field.removeAttribute("aria-activedescendant");
    else field.setAttribute("aria-activedescendant", `command-${chosen}`);
    list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }

  function close(): void {
    shown = [];
    draw();
  }

  button.addEventListener("click", () => {
    if (shown.length > 0) return close();
    shown = store.state.commands;
    chosen = 0;
    draw();
    field.focus();
  });

  return {
    get isOpen(): boolean {
      return shown.length > 0;
    },
    close,
    /** What stands in the field decides what is listed. */
    match(text: string): void {
      const [, start] = /^\/([a-z0-9_]*)$/.exec(text.toLowerCase()) ?? [];
      shown =
        start === undefined ? [] : store.state.commands.filter(({ command }) => command.startsWith(start));
      // What is written out is meant, whatever else begins like it.
      chosen = Math.max(
        0,
        shown.findIndex(({ command }) => command === start),
      );
      draw();
    },
    /** Takes a key of the field; false where it is none of the menu's. */
    take({ key, shiftKey }: KeyboardEvent): boolean {
      const one = shown[chosen];
      if (one === undefined) return false;
      if (key === "ArrowDown" || key === "ArrowUp") {
        chosen = (chosen + (key === "ArrowDown" ? 1 : -1) + shown.length) % shown.length;
        draw();
      } else if (key === "Escape") close();
      else if (key === "Enter" && !shiftKey) onPick(`/${one.command}`, true);
      else if (key === "Tab" && !shiftKey) onPick(`/${one.command} `, false);
      else return false;
      return true;
    },
  };
}
