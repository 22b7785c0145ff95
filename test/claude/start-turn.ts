/** An earlier life of the bot: starts the turn given on stdin, and says which process it is when it has begun to answer. */
import { text } from "node:stream/consumers";
import { createClaude } from "../../bot/claude/claude.ts";
import { FEATURES } from "./harness.ts";

const { request, env, file } = JSON.parse(await text(process.stdin));
const features = { ...FEATURES, path: file };
const run = createClaude({ probe: async () => ({ ok: true, features }), env }).start(request);
for await (const event of run.events) {
  if (event.type === "text") process.stdout.write(`${JSON.stringify(await run.identity)}\n`);
}
