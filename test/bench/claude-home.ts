/**
 * A home as the doctor wants it: with settings of the person's own, in which the
 * CLI is told to keep conversations. To read settings costs the CLI a tenth of a
 * second, whoever starts it; without a file only the bot's turns, which are
 * given settings, would pay for that.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Writes them into `home`. */
export async function furnishHome(home: string): Promise<void> {
  await mkdir(join(home, ".claude"), { recursive: true, mode: 0o700 });
  await writeFile(join(home, ".claude", "settings.json"), `${JSON.stringify({ cleanupPeriodDays: 3650 })}\n`);
}
