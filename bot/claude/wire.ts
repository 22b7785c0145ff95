/**
 * One line of the stream → what it says to us. Promises: any text gives a line or
 * why there is none, never an error. A line keeps the CLI's spelling until it is an
 * event (`translate.ts`); what is answered on the spot has ours. It does not know
 * what a line means for a turn.
 */
import type { z } from "zod";
import { cancelAnswer, PLAIN, requestOnly, REQUESTS, SYSTEM, tokens, type WireLine } from "./wire-shapes.ts";

/** `ignored`: JSON that says nothing to us (a part of the stream we do not need). `unknown`: a type or shape we have never seen. */
export type WireResultOfLine =
  | { kind: "line"; line: WireLine }
  | { kind: "ignored" }
  | { kind: "unknown"; type: string }
  | { kind: "not_json" };

const IGNORED: WireResultOfLine = { kind: "ignored" };

/** A line's type, if it has one: `String` itself can throw on what JSON may hold, e.g. `{"toString": ""}`. */
const nameOf = (type: unknown): string => (typeof type === "string" ? type : typeof type);

/** What a line begins with that only tells a piece of what a later line tells whole. */
export const PARTIAL_LINE = '{"type":"stream_event",';

/** Reads one line of stdout. A blank one is ignored. */
export function readWireLine(json: string): WireResultOfLine {
  let raw: unknown;
  try {
    raw = JSON.parse(json);
  } catch {
    return json.trim() === "" ? IGNORED : { kind: "not_json" };
  }
  if (!isObject(raw)) return { kind: "not_json" };
  switch (raw["type"]) {
    case "stream_event":
      return readStreamEvent(raw);
    case "system":
      return (
        readWith(SYSTEM, raw["subtype"], raw) ?? { kind: "unknown", type: `system/${nameOf(raw["subtype"])}` }
      );
    case "control_request": {
      const subtype = isObject(raw["request"]) ? raw["request"]["subtype"] : undefined;
      const known = readWith(REQUESTS, subtype, raw);
      if (known) return known;
      const request = requestOnly.safeParse(raw);
      return request.success
        ? { kind: "line", line: { kind: "unknown_request", ...request.data } }
        : { kind: "unknown", type: "control_request" };
    }
    case "control_response": {
      const answer = cancelAnswer.safeParse(raw);
      return answer.success ? { kind: "line", line: { kind: "cancel_answer", ...answer.data } } : IGNORED;
    }
    default:
      return readWith(PLAIN, raw["type"], raw) ?? { kind: "unknown", type: nameOf(raw["type"]) };
  }
}

// By hand, not by a schema: nine lines in ten are these, and a schema costs more than JSON.parse itself.
function readStreamEvent(raw: Record<string, unknown>): WireResultOfLine {
  const event = raw["event"];
  if (raw["parent_tool_use_id"] != null || !isObject(event)) return IGNORED;
  if (event["type"] === "content_block_delta") {
    const delta = event["delta"];
    return isObject(delta) && delta["type"] === "text_delta" && typeof delta["text"] === "string"
      ? { kind: "line", line: { kind: "text_delta", text: delta["text"] } }
      : IGNORED;
  }
  if (event["type"] === "content_block_start") {
    const started = event["content_block"];
    return isObject(started) && (started["type"] === "thinking" || started["type"] === "redacted_thinking")
      ? { kind: "line", line: { kind: "thinking_start" } }
      : IGNORED;
  }
  if (event["type"] === "message_delta") {
    const delta = event["delta"];
    return isObject(delta) && delta["stop_reason"] === "end_turn"
      ? { kind: "line", line: { kind: "answer_end" } }
      : IGNORED;
  }
  if (event["type"] === "message_start") {
    const usage = tokens.safeParse(isObject(event["message"]) ? event["message"]["usage"] : undefined);
    return { kind: "line", line: { kind: "message_start", usage: usage.data } };
  }
  return IGNORED;
}

/** The line under the schema of its name; undefined if there is no such schema, or it does not fit. */
function readWith(
  schemas: Readonly<Record<string, z.ZodType>>,
  name: unknown,
  raw: Record<string, unknown>,
): WireResultOfLine | undefined {
  if (typeof name !== "string" || !Object.hasOwn(schemas, name)) return undefined;
  const parsed = schemas[name]?.safeParse(raw);
  if (!parsed?.success || !isObject(parsed.data)) return undefined;
  return { kind: "line", line: { ...parsed.data, kind: name } as WireLine };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
