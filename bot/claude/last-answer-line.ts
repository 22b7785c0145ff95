/**
 * The last line of Claude's that a process both said and wrote down: from there
 * its conversation can be gone on with. A line that was cut off is said, but not
 * always written down.
 */
import { z } from "zod";
import { linesOf } from "./lines.ts";
import { parseObject } from "./loose-json.ts";

/** An answer has a few lines; more of its end than these is not looked at. */
const MOST_LINES = 200;
const UUID = /"uuid":"([0-9a-f-]{36})"/g;

const said = z.looseObject({
  type: z.literal("assistant"),
  uuid: z.uuid(),
  parent_tool_use_id: z.string().nullish(),
});

/** Its uuid; undefined where `transcript` has none of the lines that `outFile` has. */
export async function lastAnswerLine(outFile: string, transcript: string): Promise<string | undefined> {
  let uuids: string[] = [];
  for await (const line of linesOf(outFile)) {
    if (!line.includes('"assistant"')) continue;
    const read = said.safeParse(parseObject(line));
    if (!read.success || read.data.parent_tool_use_id != null) continue;
    uuids.push(read.data.uuid);
    if (uuids.length > MOST_LINES) uuids = uuids.slice(-MOST_LINES / 2);
  }
  const wanted = new Set(uuids);
  const written = new Set<string>();
  for await (const line of linesOf(transcript))
    for (const [, uuid = ""] of line.matchAll(UUID)) if (wanted.has(uuid)) written.add(uuid);
  return uuids.findLast((uuid) => written.has(uuid));
}
