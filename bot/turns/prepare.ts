/**
 * All that a turn is started with, written down before its process: the prompt,
 * the persona, the request to the CLI. It does not start anything.
 */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { TurnArguments } from "../claude/args.ts";
import type { Claude, RunRequest } from "../claude/claude.ts";
import type { UserMessage } from "../claude/control.ts";
import { findTranscript, repairTail } from "../claude/transcript.ts";
import { orDiskFull } from "../store/disk.ts";
import { readJson, sweepTemporary, syncFolder, writeJson } from "../store/json-file.ts";
import { modesOf, type PermissionMode } from "../store/modes.ts";
import type { Paths, TurnPaths } from "../store/paths.ts";
import type { Persona } from "../store/personas.ts";
import type { Session } from "../store/session.ts";
import { isWithin } from "../store/within.ts";
import { handedRules } from "./asks/rules.ts";
import type { Upload } from "./attachments.ts";
import { CHAT_SERVER, CHAT_TOOLS_RULE } from "./chat-tools/chat-tools.ts";
import { contentOf, type Said } from "./content.ts";
import { promptFile, type PromptFile, tellCutOff, tellFork, tellSpeaker, tellUndone } from "./prompt.ts";

/** What preparing needs. `newId` gives a UUID4. */
export interface PrepareDeps {
  readonly claude: Claude;
  readonly paths: Paths;
  /** The CLI's own folder (`~/.claude`); undefined where the environment names none. */
  readonly configDir: string | undefined;
  /** The permission mode where neither session nor persona says one. */
  readonly permissionMode: PermissionMode;
  /** Whether sessions may work in a folder: the owner may have closed it since one began there. */
  readonly mayWorkIn: (cwd: string) => boolean;
  readonly now: () => Date;
  readonly newId: () => string;
}

/** What a turn is made of. */
export interface Wish {
  readonly updateId: number;
  readonly said: Omit<Said, "preface">;
  /** Who writes, where several may. */
  readonly speaker?: string;
  readonly files: TurnPaths;
}

/** How the next turn of a session is run, whatever its message is. */
export interface TurnPlan {
  readonly arguments: TurnArguments;
  readonly cwd: string;
  /** The prompt of its persona. */
  readonly prompt: string;
  /** The conversation's file, if there is one yet. */
  readonly transcript: string | undefined;
}

/** Finds out how the next turn of a session is to be run. Looks at a few files. */
export async function planTurn(deps: PrepareDeps, session: Session, persona: Persona): Promise<TurnPlan> {
  const { claudeSessionId, cwd } = session;
  const transcript =
    deps.configDir && (await findTranscript({ configDir: deps.configDir, cwd, claudeSessionId }));
  const { uploads, fork, memory } = deps.paths.session(session.folder);
  const { forkOf } = session;
  // What lies in a session's own folder Claude itself may have written; a folder of the person's is theirs.
  const trustProject = !isWithin(cwd, deps.paths.folders.sessions);
  return {
    arguments: {
      // A first turn of a copy that died has left its id taken, though nothing was said under it.
      claudeSessionId: forkOf && transcript ? deps.newId() : claudeSessionId,
      resume: session.totals.turns > 0 || transcript !== undefined,
      ...(forkOf === undefined ? {} : { fork: { transcript: fork, ...atOf(forkOf) } }),
      ...modesOf(session, persona, deps.permissionMode),
      allowedTools: [...(persona.allowedTools ?? []), ...handedRules(session.allowRules), CHAT_TOOLS_RULE],
      disallowedTools: persona.disallowedTools ?? [],
      ...(persona.tools === undefined ? {} : { tools: persona.tools }),
      mcpServers: [CHAT_SERVER],
      addDirs: existsSync(uploads) ? [uploads] : [],
      trustProject,
      // Our folders may lie in one repository: what one session is told, another would remember.
      ...(trustProject ? {} : { memoryDir: memory }),
      askPermission: true,
    },
    cwd,
    prompt: persona.prompt,
    transcript,
  };
}

/** The file of a persona's prompt: its front matter is ours, so the CLI gets the prompt alone. */
export const promptText = ({ prompt }: Pick<TurnPlan, "prompt">): string => `${prompt}\n`;

/** Makes the turn's folder and writes `prompt.json` and the persona into it, the first durably. Throws if the disk refuses. */
export async function writeTurn(
  deps: PrepareDeps,
  session: Session,
  turn: Wish & Pick<TurnPlan, "prompt">,
): Promise<UserMessage> {
  const { files, said } = turn;
  const isNew = (await mkdir(files.root, { recursive: true, mode: 0o700 })) !== undefined;
  if (!isNew) {
    // Of a start that was killed in mid-write, or in which nothing happened: the CLI's output always begins in a new file.
    await sweepTemporary(files.root);
    await deps.claude.clearOutput(files.out, files.err);
  }
  const preface = prefaceOf(session, turn.speaker);
  const messageUuid = deps.newId();
  await Promise.all([
    // Read by the process that is started now, or for the record: after a power cut it is written anew.
    writeFile(files.persona, promptText(turn), { mode: 0o600 }),
    syncFolder(dirname(files.root)),
    writeJson(files.prompt, {
      version: 1,
      updateId: turn.updateId,
      sessionId: session.id,
      messageUuid,
      claudeSessionId: session.claudeSessionId,
      createdAt: deps.now().toISOString(),
      text: said.text,
      ...(preface === undefined ? {} : { preface }),
      ...(said.quote === undefined ? {} : { quote: said.quote }),
      ...(said.heard === undefined ? {} : { heard: said.heard }),
      ...(said.uploads.length === 0 ? {} : { attachments: said.uploads.map(noteOf) }),
    } satisfies PromptFile),
  ]);
  return {
    uuid: messageUuid,
    content: contentOf({ ...said, ...(preface === undefined ? {} : { preface }) }),
  };
}

/** The request for a process that is started with its message. */
export async function requestFor(
  session: Session,
  { arguments: args, cwd, transcript }: TurnPlan,
  turn: Wish,
  message: UserMessage,
): Promise<RunRequest> {
  // A process that died in mid-line would have the next line glued to that one.
  if (transcript) await repairTail(transcript);
  return {
    arguments: { ...args, systemPromptFile: turn.files.persona },
    message,
    cwd,
    marker: markerOf(session, turn.updateId),
    outFile: turn.files.out,
    errFile: turn.files.err,
  };
}

/** What the model cannot know by itself. */
function prefaceOf(
  { cutOff, undone, forkOf, cwd }: Session,
  speaker: string | undefined,
): string | undefined {
  const told = [
    forkOf?.workspace !== undefined && tellFork(forkOf.workspace, cwd),
    cutOff && tellCutOff(cutOff),
    undone && tellUndone(undone),
    speaker && tellSpeaker(speaker),
  ].filter((each) => each);
  return told.length === 0 ? undefined : told.join("\n");
}

/** The uuid of the message that a turn was last prepared with; undefined where that cannot be read. */
export async function readMessageUuid(path: string): Promise<string | undefined> {
  const read = await readJson(path, promptFile).catch(() => undefined);
  return read?.ok ? read.value.messageUuid : undefined;
}

/** Writes down that the message goes out under another uuid: what the CLI says again is known by it. Without room it stays as it was. */
export async function renameMessage(path: string, messageUuid: string): Promise<void> {
  const read = await readJson(path, promptFile);
  if (read.ok) await orDiskFull(() => writeJson(path, { ...read.value, messageUuid }));
}

function noteOf({ attachment, path, bytes, type, block }: Upload) {
  const { kind, name } = attachment;
  const known = { file: basename(path), kind, mimeType: type.mimeType, bytes, isShown: block !== undefined };
  return name === undefined ? known : { ...known, name };
}

/** What names a turn in the environment of every process it starts. */
export function markerOf(session: Session, updateId: number): string {
  return `${session.folder}/${updateId}`;
}

function atOf({ at }: NonNullable<Session["forkOf"]>): { at?: string } {
  return at === undefined ? {} : { at };
}
