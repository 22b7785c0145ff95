/**
 * The files of a session's turns, from its live folder or from its tarball, as
 * texts for a page or a search. It follows no link, and passes over what is no
 * file of a size that we write. It does not know what they mean.
 */
import { constants } from "node:fs";
import { type FileHandle, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../../error-code.ts";
import type { TurnTexts } from "./conversation.ts";
import { markedLines } from "./marked-lines.ts";
import { REPLAY_MARK, saysSteered, steeredText } from "./steered.ts";

const MAX_TEXT_BYTES = 32 * 1024 * 1024;
/** No line of the CLI's that holds a person's words is longer. */
const MAX_LINE_BYTES = 1024 * 1024;
const CHUNK_BYTES = 128 * 1024;

/** The turns below `folder` (a session's `turns/`), in order. */
export async function readTurns(folder: string): Promise<TurnTexts[]> {
  const turns: TurnTexts[] = [];
  for (const updateId of await listTurns(folder)) turns.push(await readTurn(folder, updateId));
  return turns;
}

/** The names of the turns below `folder`, in order. */
export async function listTurns(folder: string): Promise<string[]> {
  const names = (await readdir(folder).catch(absent))?.filter((name) => /^\d{1,16}$/.test(name)) ?? [];
  return names.sort((a, b) => Number(a) - Number(b));
}

/** One of them. */
export async function readTurn(folder: string, updateId: string): Promise<TurnTexts> {
  const read = <T>(name: string, how: (file: FileHandle) => Promise<T>): Promise<T | undefined> =>
    withFile(join(folder, updateId, name), how);
  const [prompt, receipt] = await Promise.all([read("prompt.json", readText), read("turn.json", readText)]);
  if (saysSteered(receipt)) return { updateId, prompt, receipt };
  const said = await read("out.ndjson", (file) => saidIn(chunksOf(file)));
  return { updateId, prompt, receipt, ...steeredOf(said, prompt) };
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
    if (name === "out.ndjson") outputs.set(updateId, await saidIn(body));
    else if (size <= MAX_TEXT_BYTES) {
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(Buffer.from(chunk));
      turns.set(updateId, { ...turns.get(updateId), [name]: Buffer.concat(chunks).toString("utf8") });
    }
  }
  return [...turns]
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([updateId, texts]) => {
      const { "prompt.json": prompt, "turn.json": receipt } = texts;
      if (saysSteered(receipt)) return { updateId, prompt, receipt };
      return { updateId, prompt, receipt, ...steeredOf(outputs.get(updateId), prompt) };
    });
}

/** What the person said in a turn, by the CLI's uuid of it. */
async function saidIn(chunks: AsyncIterable<Uint8Array>): Promise<Map<string, string>> {
  const said = new Map<string, string>();
  for await (const line of markedLines(chunks, REPLAY_MARK, MAX_LINE_BYTES)) {
    const message = steeredText(line);
    if (message !== undefined) said.set(message.uuid, message.text);
  }
  return said;
}

/** What was said in a turn without the words that it began with: these stand in its prompt.json. */
function steeredOf(said: ReadonlyMap<string, string> = new Map(), prompt = ""): Pick<TurnTexts, "steered"> {
  const steered = [...said].filter(([uuid]) => !prompt.includes(uuid)).map(([, text]) => text);
  return steered.length === 0 ? {} : { steered };
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
    if (codeOf(error) === "ELOOP" || codeOf(error) === "ENXIO") return undefined;
    return absent(error);
  }
}

/** The bytes of a file, each chunk in the place of the one before it: a stream's cost four times as much. */
async function* chunksOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES);
    if (bytesRead === 0) return;
    yield chunk.subarray(0, bytesRead);
  }
}

async function readText(file: FileHandle): Promise<string | undefined> {
  return (await file.stat()).size <= MAX_TEXT_BYTES ? await file.readFile("utf8") : undefined;
}

function absent(error: unknown): undefined {
  if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
  throw error;
}
