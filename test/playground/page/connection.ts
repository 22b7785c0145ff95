/**
 * The page's two wires: the stream of what changes, which comes again by itself,
 * and the calls of what the person does.
 */
import type { WireChange, WirePressed } from "../wire.ts";

/** What the page can ask. `Problem` sentences are fit to be shown. */
export class Problem extends Error {
  override name = "Problem";
}

const silent = "The playground does not answer. Is it still running in the terminal?";

/** Follows the stream; `onLost` is called when it broke, and a whole state comes when it is back. */
export function follow(onChange: (change: WireChange) => void, onLost: () => void): void {
  const source = new EventSource("events");
  source.addEventListener("message", ({ data }) => onChange(JSON.parse(String(data)) as WireChange));
  source.addEventListener("error", onLost);
}

async function post(path: string, body: BodyInit, type: string): Promise<unknown> {
  const response = await fetch(path, { method: "POST", headers: { "content-type": type }, body }).catch(
    () => {
      throw new Problem(silent);
    },
  );
  if (!response.ok) throw new Problem((await response.text()).trim() || silent);
  return response.json();
}

const call = (name: string, body: object): Promise<unknown> =>
  post(`api/${name}`, JSON.stringify(body), "application/json");

/** What is sent: text, and files that were uploaded. */
export interface Outgoing {
  readonly text: string;
  readonly topic?: number;
  readonly replyTo?: number;
  readonly files: readonly { readonly id: string; readonly isPhoto: boolean }[];
}

export const send = (what: Outgoing): Promise<unknown> => call("send", what);

export const edit = (message: number, text: string): Promise<unknown> => call("edit", { message, text });

export const press = async (message: number, row: number, column: number): Promise<WirePressed> =>
  (await call("press", { message, row, column })) as WirePressed;

export const createTopic = async (name: string): Promise<number> =>
  ((await call("topic", { name })) as { id: number }).id;

export const stopDraft = (draft: number): Promise<unknown> => call("stop-draft", { draft });

export const restartBot = (): Promise<unknown> => call("restart", {});

/** Hands a file over; gives its id for `send`. */
export async function upload(name: string, file: Blob): Promise<string> {
  const given = await post(
    `api/upload?name=${encodeURIComponent(name)}`,
    file,
    file.type || "application/octet-stream",
  );
  return (given as { id: string }).id;
}
