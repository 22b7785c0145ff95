/** Runs under a limit of file size: appends until it is refused, then one short record. Says how each went. */
import { openAppendFile } from "../../../bot/store/append-file.ts";

const [path = ""] = process.argv.slice(2);
const file = await openAppendFile(path);
let count = 0;
try {
  for (; ; count += 1) await file.append([JSON.stringify({ count, filling: "z".repeat(5000) })]);
} catch (error) {
  console.log(
    JSON.stringify({ count, code: error instanceof Error && "code" in error ? error.code : String(error) }),
  );
}
await file.append([JSON.stringify({ last: true })]);
console.log(JSON.stringify({ lines: (await file.readLines()).length }));
