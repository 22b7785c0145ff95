/** Appends numbered records until it is killed; says each number once it is promised. */
import { openAppendFile } from "../../../bot/store/append-file.ts";

const [path = ""] = process.argv.slice(2);
const file = await openAppendFile(path);
const before = await file.readLines();
for (let number = before.length; ; number += 1) {
  await file.append([JSON.stringify({ number, filling: "y".repeat(3000) })]);
  console.log(number);
}
