/**
 * What `npm run service` does: shows the file, writes it, runs the supervisor's
 * own commands and lets them speak. It promises to write and remove nothing that
 * was not shown and agreed to.
 */
import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "../error-code.ts";
import { writeFileDurably } from "../store/json-file.ts";
import type { Supervisor, Words } from "./supervisor.ts";

/** How the actions reach the world. */
export interface Outside {
  readonly write: (line: string) => void;
  /** Asks the person; undefined where nobody can be asked. */
  readonly agree: ((question: string) => Promise<boolean>) | undefined;
  /** Runs a program whose output the person sees; gives its exit code, 127 if there is no such program. */
  readonly run: (words: Words) => Promise<number>;
}

/** 0 done, 1 a command failed, 64 nobody agreed. */
export type ActionCode = 0 | 1 | 64;

/** Shows, asks, writes, starts. */
export async function install(supervisor: Supervisor, outside: Outside): Promise<ActionCode> {
  const { file, text } = supervisor;
  const old = await readFile(file, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  });
  if (old !== text) {
    outside.write(
      `${old === undefined ? "This will be written to" : "This will replace"} ${file}:\n\n${text}`,
    );
    if (!(await isAgreed(outside, "Write it and start the service?"))) return 64;
    await mkdir(dirname(file), { recursive: true });
    await writeFileDurably(file, text);
  } else outside.write(`${file} is as it should be.`);
  for (const { words, mayFail } of supervisor.install) {
    const code = await outside.run(words);
    if (code !== 0 && mayFail !== true) return failed(words, outside);
  }
  outside.write("The service runs. `npm run service -- logs` shows what it says.");
  return 0;
}

/** Asks, stops, removes the file; settings and data stay. */
export async function uninstall(supervisor: Supervisor, outside: Outside): Promise<ActionCode> {
  const question = `Stop the service and remove ${supervisor.file}? Settings and sessions stay.`;
  if (!(await isAgreed(outside, question))) return 64;
  // Removed even where it could not be stopped: it may never have been loaded.
  for (const words of supervisor.stop) await outside.run(words);
  await rm(supervisor.file, { force: true });
  for (const words of supervisor.afterRemoval) await outside.run(words);
  outside.write("The service is removed. Settings and sessions are untouched.");
  return 0;
}

async function isAgreed(outside: Outside, question: string): Promise<boolean> {
  if (outside.agree === undefined) {
    outside.write("Nobody is there to ask; --yes agrees. Nothing was changed.");
    return false;
  }
  if (await outside.agree(question)) return true;
  outside.write("Nothing was changed.");
  return false;
}

function failed(words: Words, outside: Outside): ActionCode {
  outside.write(
    words[0] === "systemctl"
      ? `\`${words.join(" ")}\` failed. If it speaks of a bus, this login has no user manager: log in directly instead of by su or sudo. If the service failed, \`npm run service -- logs\` says why.`
      : `\`${words.join(" ")}\` failed.`,
  );
  return 1;
}
