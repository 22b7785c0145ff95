/**
 * The topics beside the chat, and who answers in it. On a narrow screen it is a
 * drawer.
 */
import type { WireMessage } from "../wire.ts";
import * as connection from "./connection.ts";
import { icon, make, makeButton, the, timeWords } from "./dom.ts";
import { trying } from "./notices.ts";
import type { Store } from "./store.ts";

/** The sidebar of one page; `onChosen` after a topic was chosen. */
export function createSidebar(store: Store, onChosen: () => void): void {
  const list = the("topics", HTMLElement);
  const form = the("new-topic", HTMLFormElement);
  const name = the("topic-name", HTMLInputElement);
  const drawer = the("drawer", HTMLButtonElement);
  const sidebar = the("sidebar", HTMLElement);
  const seen = new Map<number | undefined, number>();
  let awaited: number | undefined;

  function toggle(isOpen: boolean): void {
    document.body.classList.toggle("drawn", isOpen);
    drawer.setAttribute("aria-expanded", String(isOpen));
    drawer.setAttribute("aria-label", isOpen ? "Close the topics" : "Topics");
    if (isOpen) sidebar.querySelector<HTMLElement>("[aria-current], button")?.focus();
  }

  function choose(topic: number | undefined): void {
    store.choose(topic);
    toggle(false);
    onChosen();
  }

  function drawTopic(id: number | undefined, title: string): HTMLElement {
    const all = store.state.messages.filter(({ topic, service }) => topic === id && service === undefined);
    const last = all.at(-1);
    if (id === store.topic && last !== undefined) seen.set(id, last.id);
    const unread = all.filter((message) => !message.isMine && message.id > (seen.get(id) ?? 0)).length;
    const button = makeButton(
      { class: "topic", "aria-current": id === store.topic ? "true" : undefined },
      () => choose(id),
      make("span", { class: "disc" }, icon(id === undefined ? "chat" : "topic")),
      make(
        "span",
        { class: "about" },
        make("strong", {}, title),
        make("span", {}, last === undefined ? "Nothing here yet" : previewOf(last)),
      ),
    );
    if (last !== undefined) button.append(make("time", {}, timeWords(last.at)));
    if (unread > 0)
      button.append(make("span", { class: "count", "aria-label": `${unread} unread` }, String(unread)));
    return make("li", {}, button);
  }

  store.subscribe(({ isWhole }) => {
    const { topics, claude, folder } = store.state;
    if (awaited !== undefined) goThere();
    if (isWhole)
      for (const topic of [undefined, ...topics.map(({ id }) => id)])
        seen.set(topic, store.state.messages.findLast((message) => message.topic === topic)?.id ?? 0);
    const focused = list.contains(document.activeElement)
      ? [...list.querySelectorAll("button")].indexOf(document.activeElement as HTMLButtonElement)
      : -1;
    list.replaceChildren(
      drawTopic(undefined, "Chat"),
      ...topics.map(({ id, name: title }) => drawTopic(id, title)),
    );
    if (focused >= 0) list.querySelectorAll("button")[focused]?.focus();
    the("about-claude", HTMLElement).replaceChildren(
      make(
        "p",
        { class: "badge" },
        make("span", { class: `dot ${claude.isScripted ? "script" : "own"}` }),
        claude.title,
      ),
      make("p", { class: "where", title: folder }, `Kept in ${folder}`),
    );
  });

  async function create(title: string): Promise<void> {
    awaited = await connection.createTopic(title);
    name.value = "";
    goThere();
  }

  /** The stream may bring a new topic before or after its id is known here. */
  function goThere(): void {
    if (!store.state.topics.some(({ id }) => id === awaited)) return;
    const id = awaited;
    awaited = undefined;
    choose(id);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = name.value.trim();
    if (given === "") return;
    void trying(create(given));
  });
  form.querySelector("button")?.append(icon("plus"));
  drawer.append(icon("menu"));
  drawer.addEventListener("click", () => toggle(!document.body.classList.contains("drawn")));
  the("curtain", HTMLElement).addEventListener("click", () => toggle(false));
  sidebar.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !document.body.classList.contains("drawn")) return;
    toggle(false);
    drawer.focus();
  });
  toggle(false);
}

function previewOf({ isMine, text, document, photo, other }: WireMessage): string {
  const words = text.split("\n").find((line) => line.trim() !== "");
  const what = words ?? document?.name ?? (photo === undefined ? other : "Photo") ?? "";
  return isMine ? `You: ${what}` : what;
}
