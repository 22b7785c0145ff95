/**
 * What a session is: its file, its states and their transitions. Pure. A session
 * that was given out never changes; a change makes a new one.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { effortSchema, modelSchema, permissionModeSchema } from "./modes.ts";
import type { Effort, PermissionMode } from "./modes.ts";

/** A chat, and in it a topic: where a session lives and answers go. */
export interface Place {
  readonly chatId: number;
  readonly threadId?: number;
}

/** `active` is current in some chat, `paused` was, `terminated` is archived. */
export type SessionState = "created" | "active" | "paused" | "terminated";

/** All turns of a session together. */
interface Totals {
  readonly turns: number;
  readonly costUsd: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly durationMs: number;
}

/**
 * Something that needs no question in a session: a tool, or what of it, in the CLI's own words
 * (`npm install *`, `domain:example.com`). `isOurs`: the CLI would read it as more or less than
 * it is, so it is matched by us alone, sign by sign.
 */
export interface AllowRule {
  readonly tool: string;
  readonly content?: string;
  readonly isOurs?: boolean;
}

/** Checks a rule. */
export const allowRuleSchema = z.object({
  tool: z.string().min(1),
  content: z.string().exactOptional(),
  isOurs: z.boolean().exactOptional(),
});

/** What names a rule in a button: the rule itself may be long, and is a person's or a model's. */
export function ruleId(rule: AllowRule): string {
  const essence = JSON.stringify([rule.tool, rule.content ?? null, rule.isOurs ?? false]);
  return createHash("sha256").update(essence).digest("hex").slice(0, 12);
}

/** The file `session.json`, version 1. Times are ISO-8601 in UTC. */
export interface Session {
  readonly version: 1;
  /** UUID4; its first 8 digits end the folder's name. */
  readonly id: string;
  /** Its folder's name, for ever; `name` is only shown and may change. */
  readonly folder: string;
  readonly name: string;
  /** The persona's slug. Its file may be gone or broken: that is seen when it is read. */
  readonly persona: string;
  /** These three win over the persona's. */
  readonly model?: string;
  readonly effort?: Effort;
  readonly permissionMode?: PermissionMode;
  /** Where Claude works, absolute. The CLI finds a conversation only from the folder it was made in. */
  readonly cwd: string;
  readonly chatId: number;
  readonly threadId?: number;
  /** The topic that was opened for it: its name is the session's. */
  readonly ownTopic?: number;
  /** The person's id. */
  readonly createdBy: number;
  /** The update that asked for it: a replayed one finds it instead of making another. */
  readonly originUpdateId?: number;
  /** The message whose button asked for it, where a later press of that is to find it. */
  readonly originMessageId?: number;
  readonly state: SessionState;
  /** When it was sent in as an archive: the messages of its turns before that may be another chat's. */
  readonly arrivedAt?: string;
  readonly claudeSessionId: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly lastTurn?: { readonly updateId: number; readonly endedAt: string; readonly outcome: string };
  /** A turn that was cut off, until the next prompt has told the model of it. */
  readonly cutOff?: { readonly updateId: number; readonly said: string; readonly tools: readonly string[] };
  /** It is never archived by itself. */
  readonly isPinned?: boolean;
  /** What the person allowed for this session: each later process is told, since the CLI forgets it. */
  readonly allowRules?: readonly AllowRule[];
  /** Snapshots are kept of where it works, though that is no git repository. */
  readonly keepSnapshots?: boolean;
  /** What the person undid of a turn's changes, or did again, until the next prompt has told the model. */
  readonly undone?: {
    readonly updateId: number;
    readonly way: "undo" | "redo";
    readonly files: readonly string[];
  };
  /** Since when the person goes on with it at a terminal of theirs. */
  readonly terminal?: { readonly since: string };
  /** How much of the CLI's transcript is known to be of this chat, in bytes; what is behind came from elsewhere. */
  readonly known?: { readonly claudeSessionId: string; readonly bytes: number };
  /** Processes of the person's that hold its conversation, and beside which they want it to go on here. */
  readonly beside?: readonly { readonly pid: number; readonly startTime: string }[];
  /**
   * It is a copy that has not spoken yet: its history lies in `fork.jsonl`, up to the line `at` of the
   * conversation `claudeSessionId`. `workspace` is where the files that it has copies of lay.
   */
  readonly forkOf?: { readonly claudeSessionId: string; readonly at?: string; readonly workspace?: string };
  readonly totals: Totals;
}

const amount = z.number().nonnegative();
const updateId = z.int().nonnegative();
const time = z.iso.datetime();

/** Checks `session.json`. Fields it does not know are kept, so that an older Parley loses nothing of a newer one's. */
export const sessionSchema: z.ZodType<Session> = z.looseObject({
  version: z.literal(1),
  id: z.uuid(),
  folder: z.string(),
  name: z.string().min(1),
  persona: z.string().min(1),
  model: modelSchema.exactOptional(),
  effort: effortSchema.exactOptional(),
  permissionMode: permissionModeSchema.exactOptional(),
  cwd: z.string().startsWith("/"),
  chatId: z.int(),
  threadId: z.int().exactOptional(),
  ownTopic: z.int().exactOptional(),
  createdBy: z.int(),
  originUpdateId: updateId.exactOptional(),
  originMessageId: z.int().exactOptional(),
  state: z.enum(["created", "active", "paused", "terminated"]),
  arrivedAt: time.exactOptional(),
  claudeSessionId: z.uuid(),
  createdAt: time,
  updatedAt: time,
  lastTurn: z.looseObject({ updateId, endedAt: time, outcome: z.string() }).exactOptional(),
  cutOff: z.looseObject({ updateId, said: z.string(), tools: z.array(z.string()) }).exactOptional(),
  isPinned: z.boolean().exactOptional(),
  allowRules: z.array(allowRuleSchema).exactOptional(),
  keepSnapshots: z.boolean().exactOptional(),
  undone: z
    .looseObject({ updateId, way: z.enum(["undo", "redo"]), files: z.array(z.string()) })
    .exactOptional(),
  terminal: z.looseObject({ since: time }).exactOptional(),
  known: z.looseObject({ claudeSessionId: z.uuid(), bytes: z.int().nonnegative() }).exactOptional(),
  beside: z.array(z.looseObject({ pid: z.int(), startTime: z.string() })).exactOptional(),
  forkOf: z
    .looseObject({
      claudeSessionId: z.uuid(),
      at: z.uuid().exactOptional(),
      workspace: z.string().startsWith("/").exactOptional(),
    })
    .exactOptional(),
  totals: z.looseObject({
    turns: z.int().nonnegative(),
    costUsd: amount,
    inputTokens: amount,
    outputTokens: amount,
    durationMs: amount,
  }),
});

/** The one table of transitions; every other is refused. `terminated → paused` is a restore. */
export const TRANSITIONS: Readonly<Record<SessionState, readonly SessionState[]>> = {
  created: ["active", "paused", "terminated"],
  active: ["paused", "terminated"],
  paused: ["active", "terminated"],
  terminated: ["paused"],
};

/** A transition that the table does not have. */
export interface Forbidden {
  readonly ok: false;
  readonly kind: "forbidden";
  readonly from: SessionState;
  readonly to: SessionState;
}

/** Looks a transition up; undefined if it may be made. */
export function forbids(from: SessionState, to: SessionState): Forbidden | undefined {
  return TRANSITIONS[from].includes(to) ? undefined : { ok: false, kind: "forbidden", from, to };
}

/** The first 8 digits of the id: what people see and type, and the end of the folder's name. */
export function shortId(session: Pick<Session, "id">): string {
  return session.id.slice(0, 8);
}

/** Makes `value` and all in it unchangeable. */
export function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    for (const part of Object.values(value)) freeze(part);
    Object.freeze(value);
  }
  return value;
}

/** Where a session lives. */
export function homeOf({ chatId, threadId }: Place): Place {
  return { chatId, ...(threadId === undefined ? {} : { threadId }) };
}
