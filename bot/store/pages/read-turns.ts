/**
 * The files of a session's turns, from its live folder or from its tarball, as
 * texts for a page. Runs in the child process. It follows no link, and passes
 * over what is no file of a size that we write. It does not know what they mean.
 */
import { constants } from "node:fs";
import { type FileHandle, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { isErrno } from "../json-file.ts";
import type { TurnTexts } from "./conversation.ts";
import { steeredText } from "./steered.ts";

const MAX_TEXT_BYTES = 32 * 1024 * 1024;
/** No line of the CLI's that holds a person's words is longer. */
const MAX_LINE_UNITS = 1024 * 1024;

/** The turns below `folder` (a session's `turns/`), in order. */
export async function readTurns(folder: string): Promise<TurnTexts[]> {
  const names = (await readdir(folder).catch(absent))?.filter((name) => /^\d{1,16}$/.test(name)) ?? [];
  names.sort((a, b) => Number(a) - Number(b));
  const turns: TurnTexts[] = [];
  for (const updateId of names) {
    const read = (name: string) => withFile(join(folder, updateId, name), readText);
    const [prompt, receipt] = [await read("prompt.json"), await read("turn.json")];
    const steered =
      (await withFile(join(folder, updateId, "out.ndjson"), (file) =>
        steeredIn(file.createReadStream({ autoClose: false }), prompt),
      )) ?? [];
    turns.push({ updateId, prompt, receipt, ...(steered.length === 0 ? {} : { steered }) });
  }
  return turns;
}

/** A file of a turn in a tarball; `path` is below the session. */
export interface PackedFile {
  readonly path: string;
  readonly size: number;
  readonly body: AsyncIterable<Buffer>;
}

/** The same from the files of a tarball, which come in any order. */
export async function readPackedTurns(files: AsyncIterable<PackedFile>): Promise<TurnTexts[]> {
  const turns = new Map<string, Record<string, string | undefined>>();
  const outputs = new Map<string, Map<string, string>>();
  for await (const { path, size, body } of files) {
    const [, updateId = "", name = ""] =
      /^turns\/(\d{1,16})\/(prompt\.json|turn\.json|out\.ndjson)$/.exec(path) ?? [];
    if (updateId === "") continue;
    if (name === "out.ndjson") outputs.set(updateId, await saidIn(Readable.from(body)));
    else if (size <= MAX_TEXT_BYTES) {
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(Buffer.from(chunk));
      turns.set(updateId, { ...turns.get(updateId), [name]: Buffer.concat(chunks).toString("utf8") });
    }
  }
  return [...turns]
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([updateId, texts]) => {
      const prompt = texts["prompt.json"];
      const steered = withoutOwn(outputs.get(updateId) ?? new Map(), prompt);
      return { updateId, prompt, receipt: texts["turn.json"], ...(steered.length === 0 ? {} : { steered }) };
    });
}

async function steeredIn(stream: Readable, prompt: string | undefined): Promise<string[]> {
  return withoutOwn(await saidIn(stream), prompt);
}

/** What the person said in a turn, by the CLI's uuid of it. */
async function saidIn(stream: Readable): Promise<Map<string, string>> {
  const said = new Map<string, string>();
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
    if (line.length > MAX_LINE_UNITS) continue;
    const message = steeredText(line);
    if (message !== undefined) said.set(message.uuid, message.text);
  }
  return said;
}

/** The words that the turn began with stand in its prompt.json. */
function withoutOwn(said: ReadonlyMap<string, string>, prompt = ""): string[] {
  return [...said].filter(([uuid]) => !prompt.includes(uuid)).map(([, text]) => text);
}

async function withFile<T>(path: string, read: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return (await file.stat()).isFile() ? await read(file) : undefined;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isErrno(error, "ELOOP") || isErrno(error, "ENXIO")) return undefined;
    return absent(error);
  }
}

async function readText(file: FileHandle): Promise<string | undefined> {
  return (await file.stat()).size <= MAX_TEXT_BYTES ? await file.readFile("utf8") : undefined;
}

function absent(error: unknown): undefined {
  if (isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR")) return undefined;
  throw error;
}
