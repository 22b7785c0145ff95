/** Tries to take the lock at argv[2] at each line of input; argv[3] is the program that locks. Says what it got. */
import { createInterface } from "node:readline";
import { takeLock } from "../../../bot/store/lock.ts";

const [path = "", flockProgram = "flock"] = process.argv.slice(2);
console.log("ready");
for await (const word of createInterface(process.stdin)) {
  if (word === "try") console.log((await takeLock(path, { flockProgram })).ok ? "locked" : "held");
}
