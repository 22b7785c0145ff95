/**
 * The Messages API in a process of its own, so that its work is nobody's of
 * those who are measured. Tells its parent where it listens, and when the model
 * was asked and when it ended.
 */
import { startMessagesApi } from "../fakes/messages-api.ts";
import { nowMs } from "./clock.ts";
import type { ModelNews } from "./model.ts";

const tell = (news: ModelNews): void => void process.send?.(news);
const api = await startMessagesApi({
  onEnd: ({ prompt }) => tell({ kind: "ended", prompt, at: nowMs() }),
});
api.script(({ prompt }) => {
  tell({ kind: "asked", prompt, at: nowMs() });
  return undefined;
});
tell({ kind: "listens", url: api.url });
process.on("disconnect", () => process.exit(0));
