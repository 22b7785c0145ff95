/**
 * What the scripted model says in the playground: a guide that shows what the
 * bot can do, by a few words in what the person writes. It never claims to be
 * Claude. Tools it calls are run by the real CLI. The tests' own vocabulary
 * (test/fakes/messages-api.ts) works as well. Pure.
 */
import type { Answer, ModelRequest } from "../fakes/messages-api.ts";

type Block = NonNullable<Answer["blocks"]>[number];

/** One thing the guide can show. */
interface Scene {
  readonly asks: RegExp;
  /** What stands in the list of things to try. */
  readonly offer?: string;
  readonly blocks: (request: ModelRequest) => readonly Block[];
  /** After its tool was run, which may ask for another one; the default shows what came of it. */
  readonly after?: (result: string) => readonly Block[];
}

/** A pace at which one can see it being written, ms a word. */
const usualDelayMs = 28;

const say = (text: string): Block => ({ text });

const isRefusal = (result: string): boolean =>
  /permission|denied|reject|refused|blocked|not allowed|doesn't want|haven't granted/i.test(result);

const vocabulary = /^(?:SAY|LONG|RUN|BG|TOOL|FAIL|HANG|DROP|RECALL)\b/m;

const scenes: readonly Scene[] = [
  {
    asks: /\btables?\b/i,
    offer: "**table**: a table, aligned",
    blocks: () => [
      say(
        [
          "Three ways to keep a machine's disk from filling up:",
          "",
          "| What | How often | Frees |",
          "|:--|:-:|--:|",
          "| Rotate the logs | daily | 1.2 GB |",
          "| Prune old images | weekly | 8.4 GB |",
          "| Empty the cache | monthly | 640 MB |",
          "",
          "The **images** are worth the most. Shall I look which ones are unused?",
        ].join("\n"),
      ),
    ],
  },
  {
    asks: /\b(?:code|function|program)\b/i,
    offer: "**code**: a code block with a copy button",
    blocks: () => [
      say(
        [
          "Here is a small one. It waits, but never longer than it is told to:",
          "",
          "```ts",
          "export async function within<T>(work: Promise<T>, limitMs: number): Promise<T> {",
          "  const late = new Promise<never>((_, reject) => {",
          "    setTimeout(() => reject(new Error(`later than ${limitMs} ms`)), limitMs).unref();",
          "  });",
          "  return Promise.race([work, late]);",
          "}",
          "```",
          "",
          "`unref` lets the process end while the timer still runs.",
        ].join("\n"),
      ),
    ],
  },
  {
    asks: /\b(?:disk|permission|allow|command|shell|run)\b/i,
    offer: "**disk**: a command that asks for your permission first",
    blocks: () => [
      say("I will look at the disk."),
      {
        tool: "Bash",
        input: { command: "df -h . && touch looked-at-the-disk", description: "Look at the disk" },
      },
    ],
    after: (result) => [
      say(
        isRefusal(result)
          ? "Then I leave it. Nothing was run."
          : `This is what came out:\n\n\`\`\`\n${result.trim().slice(0, 1500)}\n\`\`\`\n\nThere is room enough.`,
      ),
    ],
  },
  {
    asks: /\b(?:file|report|csv)\b/i,
    offer: "**file**: a file, written and sent to you",
    blocks: () => [
      say("I will write you a short report."),
      {
        tool: "Bash",
        input: {
          command: "printf 'day,messages\\nMonday,12\\nTuesday,31\\n' > report.csv && wc -c report.csv",
          description: "Write report.csv",
        },
      },
    ],
    after: (result) => {
      if (isRefusal(result)) return [say("Then I leave it. Nothing was written.")];
      // Only what the command itself prints: anything else is the end of it.
      if (!/^\s*\d+ report\.csv\s*$/.test(result)) return [say("It lies in the session's folder as well.")];
      const input = { path: "report.csv", caption: "The **messages** of two days" };
      return [say("Here it is."), { tool: "mcp__parley__send_file", input }];
    },
  },
  {
    asks: /\b(?:question|choose|ask me)\b/i,
    offer: "**question**: a question with buttons",
    blocks: () => [
      say("One thing before I begin."),
      {
        tool: "AskUserQuestion",
        input: {
          questions: [
            {
              question: "Where should the backup go?",
              header: "Backup",
              multiSelect: false,
              options: [
                { label: "The other disk", description: "Fast, and gone if the machine burns" },
                { label: "The server", description: "Slower, in another house" },
                { label: "Both", description: "The safe answer" },
              ],
            },
          ],
        },
      },
    ],
    after: (result) => {
      const [, answer] = /"="([^"]*)"/.exec(result) ?? [];
      return [
        say(
          answer === undefined
            ? "Then I decide nothing."
            : `**${answer}**, then. I would set it up like that.`,
        ),
      ];
    },
  },
  {
    asks: /\bplan\b/i,
    offer: "**plan**: a plan to approve (send `/mode plan` first)",
    blocks: () => [
      {
        tool: "ExitPlanMode",
        input: {
          plan: "## Move the photos\n\n1. Copy them to the new disk\n2. Compare every file\n3. Only then delete the old ones",
        },
      },
    ],
    after: (result) => [
      say(
        /not in plan mode/i.test(result)
          ? "A plan needs the plan mode: send `/mode plan`, then ask me again."
          : isRefusal(result)
            ? "Then I leave it as it is."
            : "I go by the plan, one step after the other.",
      ),
    ],
  },
  {
    asks: /\b(?:story|long|stream)\b/i,
    offer: "**story**: a longer answer, to see it being written (try /stop)",
    blocks: () => [
      say(
        [
          "Once there was a machine in a cupboard. It had a disk, a fan and a great deal of time.",
          "",
          "Its owner was seldom at home. But now and then a message came, and the machine woke a small helper, gave it a folder to work in, and waited.",
          "",
          "The helper read, and wrote, and sometimes it stopped and asked: *may I?* Then the owner, in a train or a queue, tapped a button, and the work went on.",
          "",
          "When the work was done, the helper wrote down what it had seen and left. It kept nothing for itself. All that there was to know lay in the folder, in files that anyone with the key could read.",
          "",
          "> Whatever dies in between: what was taken is answered.",
          "",
          "And if the power did not fail, the machine is humming still.",
        ].join("\n"),
      ),
    ],
  },
  {
    asks: /\b(?:remember|before|earlier|said)\b/i,
    offer: "**remember**: what you said before in this session",
    blocks: (request) => {
      const earlier = earlierPrompts(request).map((prompt) => `- ${prompt.split("\n")[0]?.slice(0, 80)}`);
      return [
        say(
          earlier.length === 0
            ? "You have not said anything before this in this session."
            : `In this session you wrote:\n\n${earlier.slice(-12).join("\n")}`,
        ),
      ];
    },
  },
];

/** The rule for `MessagesApi.script`. `delayMs` before each word. */
export function demoScript(delayMs = usualDelayMs): (request: ModelRequest) => Answer | undefined {
  return (request) => {
    const { prompt, toolResults } = request;
    // What the CLI asks for itself, and the tests' words, have their own answers.
    if (prompt === "" || vocabulary.test(prompt)) return undefined;
    const scene = scenes.find(({ asks }) => asks.test(prompt));
    const result = toolResults.at(-1);
    if (result !== undefined) {
      const after = scene?.after ?? ((text: string) => [say(`The tool said:\n\n\`\`\`\n${text}\n\`\`\``)]);
      return { blocks: after(result), delayMs };
    }
    return { blocks: scene?.blocks(request) ?? [say(welcome(request))], delayMs };
  };
}

function welcome({ messages, prompt }: ModelRequest): string {
  const hasPicture = JSON.stringify(messages.at(-1)?.content ?? "").includes('"type":"image"');
  const isGreeting = /^(?:hi|hello|hey|good (?:morning|evening)|hallo|moin)\b/i.test(prompt);
  const offers = scenes.flatMap(({ offer }) => (offer === undefined ? [] : [`- ${offer}`]));
  const first = hasPicture
    ? "A picture arrived, whole. I am a script, so I cannot see what is on it."
    : isGreeting
      ? "Hello! I am the playground's script: I stand in for Claude, so that you can try the bot without an account."
      : "I am only a script and did not understand that, but the bot around me is real.";
  return [
    first,
    "",
    "Write one of these words:",
    "",
    ...offers,
    "",
    "Or `/new`, `/session`, `/persona`, `/archive`.",
  ].join("\n");
}

function earlierPrompts({ messages }: ModelRequest): string[] {
  const texts = messages
    .filter(({ role }) => role === "user")
    .flatMap(({ content }) =>
      typeof content === "string"
        ? [content]
        : content.flatMap(({ type, text }) => (type === "text" ? [text ?? ""] : [])),
    );
  return texts
    .map((text) => text.replace(/<system-reminder>[^]*?<\/system-reminder>/g, "").trim())
    .filter((text) => text !== "")
    .slice(0, -1);
}
