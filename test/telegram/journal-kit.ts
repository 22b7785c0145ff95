/** A journal in a temporary folder, and lives that follow one another on it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type AppendFile, openAppendFile } from "../../bot/store/append-file.ts";
import type { Fact } from "../../bot/turns/facts.ts";
import { openKnownJournal } from "../turns/open-journal.ts";
import { tempFolder } from "../store/room.ts";

export async function tempJournal() {
  const folder = await tempFolder();
  const path = join(folder, "journal.jsonl");
  const files: AppendFile[] = [];
  onTestFinished(async () => {
    for (const file of files) await file.close();
  });
  const refusals: string[] = [];
  return {
    /** Codes of the system errors that the next appends end with. */
    refusals,
    open: () =>
      openKnownJournal({
        path,
        badPath: join(folder, "journal.bad"),
        now: () => new Date("2026-01-01T00:00:00.000Z"),
        pause: async () => {},
        open: async (name) => {
          const file = await openAppendFile(name);
          files.push(file);
          return {
            ...file,
            append: async (lines) => {
              const code = refusals.shift();
              if (code !== undefined) throw Object.assign(new Error("refused"), { code });
              await file.append(lines);
            },
          };
        },
      }),
    /** All facts that are on the disk now. */
    facts: (): (Fact & { id: number })[] =>
      readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Fact & { id: number }),
  };
}
