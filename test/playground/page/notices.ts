/**
 * What the page itself says: short notices that go by themselves, a box that
 * waits to be read, and words for who listens instead of looking.
 */
import { make, the } from "./dom.ts";

const toastMs = 4500;

/** Shows a short notice. */
export function toast(text: string): void {
  const box = make("p", { class: "toast" }, text);
  the("toasts", HTMLElement).append(box);
  setTimeout(() => box.remove(), toastMs + text.length * 30);
}

/** Shows something that is to be read before going on. */
export function showDialog(title: string, ...content: readonly (Node | string)[]): void {
  const dialog = the("dialog", HTMLDialogElement);
  the("dialog-title", HTMLElement).textContent = title;
  the("dialog-body", HTMLElement).replaceChildren(...content);
  if (!dialog.open) dialog.showModal();
}

/** Says something to a screen reader. */
export function announce(text: string): void {
  the("announcer", HTMLElement).textContent = text;
}

/** Runs what may fail with a sentence for the person. */
export async function trying(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error));
    return false;
  }
}
