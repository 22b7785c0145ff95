/** Publishes FROM as TO again and again, and says so each time before it begins. */
import { rm } from "node:fs/promises";
import { publishFile } from "../../../bot/store/publish-file.ts";

const [from = "", to = ""] = process.argv.slice(2);
for (;;) {
  await rm(to, { force: true });
  process.stdout.write("begin\n");
  await publishFile(from, to);
}
