/**
 * A small bot that keeps the rules, for the tests of the harness: it journals,
 * confirms and echoes. `ECHO=…` makes it break one of them.
 */
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { Api } from "grammy";

const fault = process.env["ECHO"] ?? "";
const sessions = process.env["SESSIONS_DIR"] ?? "";
const api = new Api(process.env["TELEGRAM_BOT_TOKEN"] ?? "", {
  apiRoot: process.env["TELEGRAM_API_ROOT"] ?? "",
});

async function note(id: number, state: string): Promise<void> {
  if (fault === "forgetful") return;
  const line = JSON.stringify({ v: 1, id, state, at: new Date().toISOString() });
  await appendFile(join(sessions, "journal.jsonl"), `${line}\n`, { mode: fault === "loose" ? 0o644 : 0o600 });
}

if (fault === "dies") {
  console.error("no sessions folder");
  process.exit(78);
}
if (fault === "talks") console.log(`my token is ${process.env["TELEGRAM_BOT_TOKEN"]}`);
process.on("SIGTERM", () => {
  if (fault !== "stubborn") process.exit(0);
});

let offset = 0;
for (;;) {
  for (const { update_id: id, message } of await api.getUpdates({ offset, timeout: 30 })) {
    offset = id + 1;
    await note(id, "received");
    const isMine = process.env["ALLOWED_USER_IDS"]?.split(",").includes(String(message?.from.id));
    if (isMine && message !== undefined && fault !== "mute") {
      await api.sendMessage(message.chat.id, `echo: ${message.text}`);
      if (fault === "doubles") await api.sendMessage(message.chat.id, `echo: ${message.text}`);
    }
    await note(id, "done");
  }
}
