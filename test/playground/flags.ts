/**
 * The command line of the playground → flags, or the sentence to end with. Pure.
 */
import { isAbsolute, resolve } from "node:path";
import { parseArgs } from "node:util";
import { usualFolder } from "./folder.ts";
import { isLoopback } from "./guard.ts";

/** What was asked for. */
export interface Flags {
  readonly host: string;
  readonly port: number;
  readonly isOpened: boolean;
  readonly isScripted: boolean;
  readonly isFresh: boolean;
  /** Absolute. */
  readonly folder: string;
}

/** What the flags are, for whoever mistypes one. */
export const usage = `npm run playground -- [flags]
  --scripted      a scripted model, even where your own Claude is logged in
  --fresh         begin anew: empties the playground's folder
  --port NUMBER   default: any free one
  --no-open       only print the address
  --folder PATH   where it keeps its things; default ${usualFolder}`;

/** Reads them. `isHelp`: nothing is wrong, they were asked for. */
export function readFlags(
  args: readonly string[],
): { ok: true; flags: Flags } | { ok: false; sentence: string; isHelp?: true } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        host: { type: "string", default: "127.0.0.1" },
        port: { type: "string", default: "0" },
        "no-open": { type: "boolean", default: false },
        scripted: { type: "boolean", default: false },
        fresh: { type: "boolean", default: false },
        folder: { type: "string", default: usualFolder },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return { ok: false, sentence: usage, isHelp: true };
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      return { ok: false, sentence: `--port must be a number from 0 to 65535.\n\n${usage}` };
    if (!isLoopback(values.host))
      return {
        ok: false,
        sentence: `The playground listens on this machine only (127.0.0.1), not on ${values.host}: whoever reaches it can use this machine as you.`,
      };
    const folder = isAbsolute(values.folder) ? values.folder : resolve(values.folder);
    return {
      ok: true,
      flags: {
        host: values.host,
        port,
        isOpened: !values["no-open"],
        isScripted: values.scripted,
        isFresh: values.fresh,
        folder,
      },
    };
  } catch (error) {
    return { ok: false, sentence: `${error instanceof Error ? error.message : String(error)}\n\n${usage}` };
  }
}
