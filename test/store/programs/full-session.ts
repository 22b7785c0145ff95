/** Runs under a limit of file size: makes a session, then changes it to one that does not fit. Says what it got. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createPaths } from "../../../bot/store/paths.ts";
import { createSessionManager } from "../../../bot/store/session-manager.ts";

const [root = ""] = process.argv.slice(2);
const paths = createPaths({
  sessions: join(root, "sessions"),
  archive: join(root, "sessions_archive"),
  personas: join(root, "personas"),
});
const sessions = createSessionManager({ paths, now: () => new Date(), newId: randomUUID });
await sessions.load();
const made = await sessions.create({ name: "Small", persona: "default", place: { chatId: 1 }, createdBy: 1 });
if (!made.ok) throw new Error(made.kind);
const { id, folder } = made.session;
const full = await sessions.update(id, { cutOff: { updateId: 1, said: "s".repeat(500_000), tools: [] } });
const huge = "p".repeat(500_000);
const refused = await sessions.create({ name: "Large", persona: huge, place: { chatId: 1 }, createdBy: 1 });
const after = await sessions.update(id, { name: "Still works" });
console.log(
  JSON.stringify({
    folder,
    full,
    refused,
    after: after.ok,
    inMemory: sessions.get(id)?.cutOff === undefined,
  }),
);
