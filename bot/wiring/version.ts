/** Which Parley this is. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../root.ts";

/** As its package says. */
export function readVersion(): string {
  const text = readFileSync(join(ROOT, "package.json"), "utf8");
  return String((JSON.parse(text) as { version?: unknown }).version);
}
