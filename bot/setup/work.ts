/**
 * Where Claude may work and what it may do without asking.
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { faultOf } from "../config.ts";
import { Abandoned, type Asker, type Choice } from "./asker.ts";

type Mode = "default" | "acceptEdits" | "plan" | "dontAsk" | "bypassPermissions";

const MODE_FLAG = "--permission-mode MODE";

/** In the order in which they are safe. */
export const MODES: readonly Choice<Mode>[] = [
  { value: "default", label: "Ask me", hint: "each tool that may change something asks in the chat" },
  { value: "plan", label: "Plan first", hint: "reads and plans; you say when it may begin" },
  {
    value: "acceptEdits",
    label: "Edit freely",
    hint: "files may be changed without a question; commands still ask",
  },
  { value: "dontAsk", label: "Never ask", hint: "what is not allowed already is refused" },
  {
    value: "bypassPermissions",
    label: "Allow everything",
    hint: "no question at all: only where nothing can be lost",
  },
];

/** Gives WORKSPACE_ROOTS, comma-separated; may be empty. `existing` is kept as it is written, also where it is wrong: nobody's folders are dropped unasked. */
export async function chooseWorkspaces(deps: {
  readonly asker: Asker;
  readonly given: readonly string[] | undefined;
  readonly existing: string | undefined;
}): Promise<string> {
  const { asker, given } = deps;
  const check = (answer: string) => faultOf("WORKSPACE_ROOTS", expand(answer));
  if (given !== undefined) {
    const roots = given.map(expand).join(",");
    const fault = check(roots);
    if (fault !== undefined) throw new Abandoned(`--workspace: ${fault} Nothing was changed.`);
    return roots;
  }
  const answer = await asker.text({
    message:
      "Folders of yours that sessions may work in, comma-separated (empty: each session gets its own):",
    flag: "--workspace FOLDER",
    placeholder: "~/code",
    initial: deps.existing ?? "",
    check,
  });
  return expand(answer);
}

/** Gives PERMISSION_MODE. One in `existing` that is none is said to be so, never replaced unasked. */
export async function chooseMode(deps: {
  readonly asker: Asker;
  readonly given: string | undefined;
  readonly existing: string | undefined;
}): Promise<string> {
  const { asker, given, existing } = deps;
  if (given !== undefined) {
    const fault = faultOf("PERMISSION_MODE", given);
    if (fault !== undefined) throw new Abandoned(`--permission-mode: ${fault} Nothing was changed.`);
    return given;
  }
  const wrong = existing === undefined ? undefined : faultOf("PERMISSION_MODE", existing);
  if (wrong !== undefined) {
    if (!asker.canAsk) throw new Abandoned(`${wrong} Give ${MODE_FLAG}. Nothing was changed.`, 64);
    asker.warn(wrong);
  }
  const initial = MODES.find(({ value }) => value === existing)?.value ?? "default";
  return asker.choose({
    message: "When Claude wants to use a tool:",
    flag: MODE_FLAG,
    options: MODES,
    initial,
  });
}

/** `~` as a shell has it, in each of the folders. */
function expand(list: string): string {
  return list
    .split(",")
    .map((path) => path.trim())
    .filter((path) => path !== "")
    .map((path) => (path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path))
    .join(",");
}
