/**
 * The message field: what is written, answered, changed and sent. What was
 * written in a topic and not sent waits there.
 */
import type { WireMessage } from "../wire.ts";
import { isEditable } from "./bubble.ts";
import { createCommandsMenu } from "./commands-menu.ts";
import * as connection from "./connection.ts";
import { icon, make, makeButton, the } from "./dom.ts";
import { trying } from "./notices.ts";
import type { Store } from "./store.ts";
import { createTray } from "./tray.ts";

/** What the next message is to another one. */
type Aim = { readonly kind: "reply" | "edit"; readonly message: WireMessage } | undefined;

const maxHeightPx = 200;

/** The composer of one page; `onSent` after something went out. */
export function createComposer(store: Store, onSent: () => void) {
  const field = the("text", HTMLTextAreaElement);
  const form = the("composer", HTMLFormElement);
  const context = the("context", HTMLElement);
  const files = the("files", HTMLInputElement);
  const sendButton = the("send", HTMLButtonElement);
  const left = new Map<number | undefined, string>();
  let topic = store.topic;
  let aim: Aim;
  let isSending = false;

  const fit = (): void => {
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight, maxHeightPx)}px`;
    sendButton.disabled = isSending || (field.value.trim() === "" && tray.isEmpty);
  };
  const tray = createTray(() => fit());
  const menu = createCommandsMenu(store, (command, isSent) => {
    field.value = command;
    menu.close();
    if (isSent) void submit();
    else fit();
    field.focus();
  });

  function setAim(next: Aim): void {
    if (aim?.kind === "edit" && next?.kind !== "edit") field.value = "";
    aim = next;
    context.hidden = aim === undefined;
    if (aim !== undefined) {
      const title =
        aim.kind === "edit" ? "Edit your message" : `Reply to ${aim.message.isMine ? "yourself" : "Parley"}`;
      const cancel = makeButton(
        { class: "icon", "aria-label": "Cancel" },
        () => setAim(undefined),
        icon("close"),
      );
      const words = aim.message.text || aim.message.document?.name || "Photo";
      const about = make("span", { class: "about" }, make("strong", {}, title), make("span", {}, words));
      context.replaceChildren(icon(aim.kind), about, cancel);
      if (aim.kind === "edit") field.value = aim.message.text;
    }
    fit();
    field.focus();
  }

  function editLast(): boolean {
    const last = store.shown.findLast(isEditable);
    if (last === undefined) return false;
    setAim({ kind: "edit", message: last });
    field.setSelectionRange(field.value.length, field.value.length);
    return true;
  }

  async function submit(): Promise<void> {
    const text = field.value.trim();
    if (isSending || (text === "" && tray.isEmpty)) return;
    const { topic } = store;
    isSending = true;
    fit();
    const isSent = await trying(go(text, topic));
    isSending = false;
    if (isSent) {
      field.value = "";
      tray.clear();
      setAim(undefined);
      onSent();
    }
    fit();
  }

  async function go(text: string, topic: number | undefined): Promise<unknown> {
    if (aim?.kind === "edit")
      return text === aim.message.text ? undefined : connection.edit(aim.message.id, text);
    return connection.send({
      text,
      files: await tray.uploaded(),
      ...(topic === undefined ? {} : { topic }),
      ...(aim === undefined ? {} : { replyTo: aim.message.id }),
    });
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    menu.close();
    void submit();
  });
  field.addEventListener("input", () => {
    menu.match(field.value);
    fit();
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const { key, shiftKey } = event;
    const isTaken =
      menu.take(event) ||
      (key === "Enter" && !shiftKey && (void submit(), true)) ||
      (key === "ArrowUp" && field.value === "" && aim === undefined && editLast()) ||
      (key === "Escape" && aim !== undefined && (setAim(undefined), true));
    if (isTaken) event.preventDefault();
  });
  field.addEventListener("paste", (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])];
    if (pasted.length === 0) return;
    event.preventDefault();
    tray.add(pasted);
  });
  the("attach", HTMLElement).addEventListener("click", () => files.click());
  files.addEventListener("change", () => {
    tray.add(files.files ?? []);
    files.value = "";
    field.focus();
  });
  const isFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") === true;
  document.addEventListener("dragover", (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", ({ relatedTarget }) => {
    if (relatedTarget === null) document.body.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    document.body.classList.remove("dropping");
    if (!isFiles(event)) return;
    event.preventDefault();
    tray.add(event.dataTransfer?.files ?? []);
  });

  store.subscribe(() => {
    if (store.topic === topic) return;
    left.set(topic, aim?.kind === "edit" ? "" : field.value);
    aim = undefined;
    context.hidden = true;
    topic = store.topic;
    field.value = left.get(topic) ?? "";
    menu.close();
    fit();
  });
  the("menu", HTMLElement).append(icon("menu"), make("span", {}, "Menu"));
  the("attach", HTMLElement).append(icon("attach"));
  sendButton.append(icon("send"));
  fit();

  return {
    focus: () => field.focus(),
    reply: (message: WireMessage) => setAim({ kind: "reply", message }),
    edit: (message: WireMessage) => isEditable(message) && setAim({ kind: "edit", message }),
    /** Sends a text as if it had been written. */
    say: async (text: string): Promise<void> => {
      const where = store.topic === undefined ? {} : { topic: store.topic };
      if (await trying(connection.send({ text, files: [], ...where }))) onSent();
    },
  };
}
