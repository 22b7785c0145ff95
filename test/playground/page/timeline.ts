/**
 * The messages of the topic that is looked at: drawn where they changed, kept at
 * the end unless the person scrolled up, walked through with the arrow keys.
 */
import type { WireMessage } from "../wire.ts";
import { type BubbleContext, drawDraft, drawMessage } from "./bubble.ts";
import { icon, make, makeButton, the } from "./dom.ts";
import type { News, Store } from "./store.ts";

/** How far from the end still counts as at the end, px. */
const nearPx = 60;
const shownMs = 1600;

interface Drawn {
  readonly message: WireMessage;
  readonly element: HTMLElement;
}

/** The timeline of one page. */
export function createTimeline(
  store: Store,
  context: Omit<BubbleContext, "onShow" | "onGrown" | "commands">,
  onStart: () => void,
) {
  const log = the("log", HTMLElement);
  const scroller = the("scroller", HTMLElement);
  const jump = the("jump", HTMLButtonElement);
  const drafts = make("div", { class: "drafts" });
  let drawn = new Map<number, Drawn>();
  let drawnTopic: number | undefined;
  let drawnCommands = "";
  let isAtEnd = true;
  let missed = 0;

  const toEnd = (): void => {
    scroller.scrollTop = scroller.scrollHeight;
  };
  const stay = (): void => {
    if (isAtEnd) toEnd();
  };
  new ResizeObserver(stay).observe(log);
  new ResizeObserver(stay).observe(scroller);
  scroller.addEventListener("scroll", () => {
    isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < nearPx;
    if (isAtEnd) missed = 0;
    showJump();
  });
  jump.addEventListener("click", () => {
    isAtEnd = true;
    toEnd();
  });

  function showJump(): void {
    jump.hidden = isAtEnd;
    jump.replaceChildren(
      icon("down"),
      ...(missed === 0 ? [] : [make("span", { class: "count" }, String(missed))]),
    );
    jump.setAttribute(
      "aria-label",
      missed === 0 ? "To the newest message" : `To the newest message, ${missed} new`,
    );
  }

  /** Brings a message into view and lets it stand out for a moment. */
  function show(id: number): void {
    const element = drawn.get(id)?.element;
    if (element === undefined) return;
    element.scrollIntoView({ block: "center" });
    element.focus({ preventScroll: true });
    element.classList.add("shown");
    setTimeout(() => element.classList.remove("shown"), shownMs);
  }

  const whole = (): BubbleContext => ({
    ...context,
    commands: new Set(store.state.commands.map(({ command }) => command)),
    onShow: show,
    onGrown: stay,
  });

  function draw({ isWhole, changed }: News): void {
    const commands = JSON.stringify(store.state.commands);
    const isAnew = store.topic !== drawnTopic || commands !== drawnCommands;
    if (isAnew) drawn = new Map();
    if (store.topic !== drawnTopic || isWhole) isAtEnd = true;
    drawnTopic = store.topic;
    drawnCommands = commands;
    const bubbles = whole();
    const focused = document.activeElement?.closest<HTMLElement>("article[data-id]")?.dataset["id"];
    const next = new Map<number, Drawn>();
    const elements: HTMLElement[] = [];
    let day = "";
    for (const message of store.shown) {
      const before = drawn.get(message.id);
      const isSame =
        before?.message === message || JSON.stringify(before?.message) === JSON.stringify(message);
      const one =
        before !== undefined && isSame ? before : { message, element: drawMessage(message, bubbles) };
      next.set(message.id, one);
      const today = dayWords(message.at);
      if (today !== day) elements.push(make("p", { class: "day" }, make("span", {}, today)));
      day = today;
      elements.push(one.element);
    }
    drawn = next;
    drafts.replaceChildren(
      ...store.state.drafts
        .filter(({ topic }) => topic === store.topic)
        .map((draft) => drawDraft(draft, bubbles)),
    );
    const isEmpty = elements.length === 0 && store.isConnected;
    place([...(isEmpty ? [welcome(onStart)] : elements), drafts]);
    // What was drawn anew under the person's hands keeps the focus.
    if (focused !== undefined && !log.contains(document.activeElement))
      drawn.get(Number(focused))?.element.focus();
    const fresh = changed.filter(
      ({ isMine, topic, id }) => !isMine && topic === store.topic && id > lastSeen,
    );
    lastSeen = Math.max(lastSeen, ...changed.map(({ id }) => id));
    if (!isAtEnd && !isWhole) missed += fresh.length;
    showJump();
    stay();
  }
  let lastSeen = 0;

  /** Puts the elements there, moving only those that are not where they belong: a selection or a scroll inside one survives. */
  function place(elements: readonly HTMLElement[]): void {
    const wanted = new Set<Node>(elements);
    for (const child of Array.from(log.children)) if (!wanted.has(child)) child.remove();
    let at: Node | null = log.firstChild;
    for (const element of elements) {
      if (element === at) at = at.nextSibling;
      else log.insertBefore(element, at);
    }
  }

  log.addEventListener("focusin", ({ target }) => {
    const element = target instanceof Element ? target.closest("article") : null;
    for (const button of log.querySelectorAll<HTMLElement>(".tools button"))
      button.tabIndex = element?.contains(button) === true ? 0 : -1;
  });
  log.addEventListener("keydown", (event) => {
    const steps: Readonly<Record<string, number>> = { ArrowUp: -1, ArrowDown: 1 };
    const all = [...log.querySelectorAll<HTMLElement>("article")];
    const { target, key } = event;
    const isOnMessage = target === log || (target instanceof HTMLElement && target.matches("article"));
    if (!isOnMessage) return;
    const at = all.indexOf(target as HTMLElement);
    const step = steps[key];
    const to = key === "Home" ? 0 : key === "End" ? all.length - 1 : undefined;
    if (step === undefined && to === undefined) return act(event, all[at]);
    // Neither the page nor the field that gets the focus shall have the key as well.
    event.preventDefault();
    const wanted =
      to ?? (at === -1 ? all.length - 1 : Math.min(all.length - 1, Math.max(0, at + (step ?? 0))));
    all[wanted]?.focus();
    all[wanted]?.scrollIntoView({ block: "nearest" });
  });

  function act(event: KeyboardEvent, element: HTMLElement | undefined): void {
    const { key, ctrlKey, metaKey, altKey } = event;
    const message = store.message(Number(element?.dataset["id"]));
    if (ctrlKey || metaKey || altKey || message === undefined || !"rce".includes(key)) return;
    event.preventDefault();
    if (key === "r") context.onReply(message);
    if (key === "c") context.onCopy(message.text);
    if (key === "e") context.onEdit(message);
  }

  store.subscribe(draw);
  return {
    show,
    /** The next thing that is said is seen, however far up the person is. */
    follow(): void {
      isAtEnd = true;
      toEnd();
    },
  };
}

function welcome(onStart: () => void): HTMLElement {
  return make(
    "section",
    { class: "welcome" },
    make("img", { src: "logo.svg", width: 88, height: 88, alt: "" }),
    make("h2", {}, "Talk with Claude Code"),
    make(
      "p",
      {},
      "Each message becomes one process on this machine; what it says streams back while it is written.",
    ),
    makeButton({ class: "start" }, onStart, "Start"),
  );
}

function dayWords(at: number): string {
  const day = new Date(at).toDateString();
  if (day === new Date().toDateString()) return "Today";
  if (day === new Date(Date.now() - 86_400_000).toDateString()) return "Yesterday";
  return new Date(at).toLocaleDateString([], { day: "numeric", month: "long", year: "numeric" });
}
