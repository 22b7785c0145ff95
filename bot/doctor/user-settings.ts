/**
 * Claude Code's own settings of this user, as far as the doctor looks at them.
 * Reads only; a key that is spelled otherwise than expected counts as absent.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { codeOf } from "../error-code.ts";

const schema = z.object({
  enabledPlugins: z.record(z.string(), z.unknown()).catch({}).default({}),
  cleanupPeriodDays: z.number().optional().catch(undefined),
});

export type UserSettings = Readonly<z.infer<typeof schema>>;

export type UserSettingsRead =
  | { readonly kind: "read"; readonly path: string; readonly settings: UserSettings }
  | { readonly kind: "absent"; readonly path: string }
  | { readonly kind: "broken"; readonly path: string };

/** Reads `settings.json` of the CLI's folder. */
export async function readUserSettings(configDir: string): Promise<UserSettingsRead> {
  const path = join(configDir, "settings.json");
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return { kind: "absent", path };
  try {
    return { kind: "read", path, settings: schema.parse(JSON.parse(text)) };
  } catch {
    return { kind: "broken", path };
  }
}
