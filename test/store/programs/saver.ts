/** Saves a large JSON file again and again until it is killed. */
import { writeJson } from "../../../bot/store/json-file.ts";

const [path = ""] = process.argv.slice(2);
for (let number = 1; ; number += 1) {
  await writeJson(path, { number, filling: "x".repeat(200_000), end: number });
  console.log(number);
}
