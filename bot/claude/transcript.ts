/**
 * Where the CLI keeps a conversation, and the little we read of it. Promises
 * never to change a transcript but for a missing last newline. It does not know
 * our sessions; the ids here are the CLI's.
 */
import { appendFile, open, readFile, readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { asObject, parseObject, textsOf } from "./loose-json.ts";

/** Folder names longer than this are cut and get a hash, by the CLI. */
const MAX_FOLDER_NAME = 200;

/** The CLI's own folder, by the environment it will be given; undefined without CLAUDE_CONFIG_DIR and HOME. */
export function claudeConfigDir(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (env["CLAUDE_CONFIG_DIR"]) return env["CLAUDE_CONFIG_DIR"];
  return env["HOME"] ? join(env["HOME"], ".claude") : undefined;
}

/** Which conversation: `cwd` is the folder its processes run in. */
export interface TranscriptPlace {
  readonly configDir: string;
  readonly cwd: string;
  readonly claudeSessionId: string;
}

/** The name of the folder that holds the transcripts of processes that ran in `cwd` (a real path). */
export function projectFolderName(cwd: string): string {
  const name = cwd.replace(/[^a-zA-Z0-9]/g, "-");
  if (name.length <= MAX_FOLDER_NAME) return name;
  let hash = 0;
  for (let at = 0; at < cwd.length; at += 1) hash = ((hash << 5) - hash + cwd.charCodeAt(at)) | 0;
  return `${name.slice(0, MAX_FOLDER_NAME)}-${Math.abs(hash).toString(36)}`;
}

/** Where the transcript is or will be, whether it exists or not. */
export async function transcriptPath({ configDir, cwd, claudeSessionId }: TranscriptPlace): Promise<string> {
  return join(configDir, "projects", projectFolderName(await realFolder(cwd)), `${claudeSessionId}.jsonl`);
}

/** The real path of `folder`, or what it will be once the folder is there. */
async function realFolder(folder: string): Promise<string> {
  const real = await realpath(folder).catch(() => undefined);
  const parent = dirname(folder);
  if (real !== undefined || parent === folder) return real ?? folder;
  return join(await realFolder(parent), basename(folder));
}

/** When a conversation last grew, wherever that was; undefined if there is none. */
export async function transcriptChangedAt(place: TranscriptPlace): Promise<Date | undefined> {
  return stat(await transcriptPath(place)).then(
    ({ mtime }) => mtime,
    () => undefined,
  );
}

/**
 * The transcript that is there; undefined if there is none. Looks where it should be first, then in
 * every project's folder, in case another version names the folders otherwise.
 */
export async function findTranscript(place: TranscriptPlace): Promise<string | undefined> {
  const expected = await transcriptPath(place);
  if (await isFile(expected)) return expected;
  const projects = join(place.configDir, "projects");
  for (const folder of await readdir(projects).catch(() => [])) {
    const path = join(projects, folder, `${place.claudeSessionId}.jsonl`);
    if (await isFile(path)) return path;
  }
  return undefined;
}

/** Everything the CLI keeps of a conversation: the transcript, and the folder of the same name (subagents, large results). */
export async function listTranscriptFiles(place: TranscriptPlace): Promise<string[]> {
  const transcript = await findTranscript(place);
  if (transcript === undefined) return [];
  const folder = transcript.slice(0, -".jsonl".length);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return [transcript, ...files.sort()];
}

/**
 * Ends a last line that was cut off, so that the next one does not hang on to it; gives whether it
 * had to. Only while no process runs on the conversation.
 */
export async function repairTail(path: string): Promise<boolean> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { size } = await file.stat();
    if (size === 0) return false;
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    if (buffer[0] === 0x0a) return false;
  } finally {
    await file.close();
  }
  await appendFile(path, "\n");
  return true;
}

/**
 * What Claude answered to the message `messageUuid`: the text blocks of its last message that has
 * any. Undefined if the message is not there, or has no answer.
 */
export async function readAnswer(place: TranscriptPlace, messageUuid: string): Promise<string | undefined> {
  const path = await findTranscript(place);
  const text = path === undefined ? "" : await readFile(path, "utf8").catch(() => "");
  const lines = text.split("\n");
  const asked = lines.findLastIndex(
    (line) => line.includes(messageUuid) && parseObject(line)?.["uuid"] === messageUuid,
  );
  if (asked === -1) return undefined;
  let answer: { id: unknown; texts: string[] } | undefined;
  for (const line of lines.slice(asked + 1)) {
    const entry = parseObject(line);
    if (entry?.["type"] !== "assistant" || entry["isSidechain"] === true) continue;
    const message = asObject(entry["message"]);
    const texts = textsOf(message?.["content"]);
    if (texts.length === 0) continue;
    // One message is several lines, a line for each block.
    if (answer !== undefined && answer.id === message?.["id"]) answer.texts.push(...texts);
    else answer = { id: message?.["id"], texts };
  }
  return answer?.texts.join("\n\n");
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
