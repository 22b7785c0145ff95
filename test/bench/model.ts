/** The scripted model as a measurement uses it: a server in another process, and when it was asked and ended. */
import { fork } from "node:child_process";

/** What the process of the model says. */
export type ModelNews =
  | { readonly kind: "listens"; readonly url: string }
  | { readonly kind: "asked" | "ended"; readonly prompt: string; readonly at: number };

export interface Model {
  readonly url: string;
  /** When the model was asked something that holds `words`, or ended its answer to it; undefined if it was not. */
  when(kind: "asked" | "ended", words: string): number | undefined;
  close(): void;
}

/** Starts it; whoever starts it closes it. */
export async function startModel(): Promise<Model> {
  const program = new URL("model-process.ts", import.meta.url);
  const child = fork(program, { execArgv: ["--import", import.meta.resolve("tsx")] });
  const heard: Extract<ModelNews, { at: number }>[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", () => reject(new Error("the model's process ended")));
    child.on("message", (news: ModelNews) => {
      if (news.kind === "listens") resolve(news.url);
      else heard.push(news);
    });
  });
  return {
    url,
    when: (kind, words) => heard.find((news) => news.kind === kind && news.prompt.includes(words))?.at,
    close: () => void child.kill(),
  };
}
