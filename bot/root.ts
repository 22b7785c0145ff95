/**
 * Where the project lies. The only file that asks for its own place: in a bundle
 * (`launch.cjs`) every file is in another one than it was written in.
 */
import { join, resolve } from "node:path";

/** The project's folder, absolute. */
export const ROOT = resolve(import.meta.dirname, "..");

/** What starts a program of ours as this one was started; its argument is the program's path below `bot/`, without `.ts`. */
export const LAUNCHER = join(ROOT, "bot", "launch.cjs");
