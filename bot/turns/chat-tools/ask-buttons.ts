/**
 * The tool `ask_buttons`: a question of Claude's with a button for each answer,
 * asked in the midst of a turn, which goes on with what was answered. The
 * sentences here are for the model. It does not know how the question is put.
 */
import { z } from "zod";
import type { McpOutcome, McpTool } from "../../claude/mcp.ts";
import type { KeptAsk, Question } from "../asks/ask.ts";
import type { Desk } from "../asks/desk.ts";
import type { ToolCall } from "./send.ts";

const inputSchema = z.object({
  question: z.string().min(1).max(3_000),
  options: z
    .array(z.string().min(1).max(200))
    .min(2)
    .max(8)
    .describe("What the buttons say: a few words each."),
  multiple: z.boolean().optional().describe("Whether several may be chosen."),
});

/** Makes the tool. */
export function askTool({ pose }: Pick<Desk, "pose">): McpTool<ToolCall> {
  return {
    name: "ask_buttons",
    description:
      "Asks the person in the chat, with a button for each option, and waits for the answer. They may also answer in words of their own, or not at all.",
    isReadOnly: true,
    inputSchema: z.toJSONSchema(inputSchema, { io: "input" }),
    async call(input, { key }, signal) {
      const asked = inputSchema.safeParse(input);
      if (!asked.success)
        return failed("`question` must be text, and `options` 2 to 8 texts of at most 200 characters.");
      const { question, options, multiple: isMulti = false } = asked.data;
      return new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve(failed("The question is no longer asked.")));
        const labels = options.map((label) => ({ label, description: "" }));
        const about: Question = {
          kind: "question",
          question,
          header: "",
          options: labels,
          isMulti,
          chosen: [],
          number: 1,
          of: 1,
        };
        pose(key, [about], (asks) => resolve(outcomeOf(asks)));
      });
    },
  };
}

function outcomeOf([ask]: readonly KeptAsk[]): McpOutcome {
  switch (ask?.state.kind) {
    case "answered":
      return { ok: true, text: `The person answered: ${ask.state.answer}` };
    case "skipped":
      return { ok: true, text: "The person left the question unanswered. Go on as you think best." };
    default:
      return failed("The person did not answer in time. Go on without, or say what you need to know.");
  }
}

function failed(text: string): McpOutcome {
  return { ok: false, text };
}
