/**
 * TurnView → what stands in the chat. Pure. With its neighbours, the one place
 * where sentences to the person are made.
 */
import type { Interlude, Note, Refusal, TurnView } from "../../turns/view.ts";
import type { Button, Part } from "../delivery.ts";
import { bold, code, concat, f, type Formatted, join, plain } from "../formatted.ts";
import type { CodeBlock } from "../markdown/code-blocks.ts";
import { presentAsk } from "./asks/asks.ts";
import { withCopyButtons } from "./copy-buttons.ts";
import { describeFailure } from "./failure.ts";
import { presentFile } from "./file.ts";
import { type FooterMode, withFooter } from "./footer.ts";
import { liveLine, type Glance, toolLine } from "./live-line.ts";
import { withMadeFiles } from "./made-files.ts";
import { messages } from "./messages.ts";
import { createPassage, type Passage, presentRichPassage } from "./passage.ts";
import { personaFault } from "./personas.ts";
import { budgetNote } from "./usage.ts";
import { brokenFileWords, heardWords, notFetchedWords, notHeardWords } from "./sent-in.ts";

/** An answer of more messages than this also comes as a file. */
const MAX_MESSAGES = 3;

/** What was rendered of an answer, kept from one look at it to the next: a look costs what is new. It changes nothing of what is shown. */
export type Rendered = Map<number, Passage>;

/** The messages of a turn that goes on: what was said so far, and one line for what it does now. */
export function presentLive(view: TurnView, glance: Glance, rendered: Rendered = new Map()): Part[] {
  return passages(view, liveLine(view, glance), rendered).parts;
}

/** How answers look, where the person may choose. */
export interface Look {
  readonly footer: FooterMode;
  /** Tables and lists of tasks are sent as rich messages. */
  readonly isRich: boolean;
}

/** The messages of a turn that is over. `ids` are what the buttons of an interrupted turn stand for. */
export function presentAnswer(
  view: TurnView,
  ids: { updateId: number },
  look: Look = { footer: "off", isRich: false },
  rendered: Rendered = new Map(),
): Part[] {
  const ending = join([endingLine(view), ...view.notes.map(presentNote)], "\n");
  const rich = look.isRich ? ids : undefined;
  const isApart = view.outcome?.kind === "interrupted";
  const { parts, codes } = passages(view, isApart ? plain("") : ending, rendered, rich);
  // Apart from what was said: a press of its buttons takes the place of this message.
  if (isApart) parts.push(...messages(ending, decision(ids.updateId)));
  if (parts.length === 0) parts.push(...messages(plain("✅ Done. Claude had nothing to say.")));
  const asked = view.interludes.flatMap((each) => (each.kind === "ask" ? presentAsk(each.ask) : []));
  const written = countMessages(parts) - countMessages(asked);
  // What stands between cuts an answer, however short it is.
  if (written > MAX_MESSAGES + view.interludes.length && view.text !== "") parts.push(asFile(view.text));
  const dressed = withFooter(withCopyButtons(parts, codes), view, look.footer);
  return withMadeFiles(dressed, view);
}

/** The text, cut where something stands between, which comes before what follows it; `last` ends the last passage. With `rich`, the update it answers. */
function passages(
  view: TurnView,
  last: Formatted,
  rendered: Rendered,
  rich?: { updateId: number },
): { parts: Part[]; codes: CodeBlock[] } {
  const codes: CodeBlock[] = [];
  let from = 0;
  const passage = (to: number, ending: Formatted): Part[] => {
    const markdown = view.text.slice(from, to);
    const id = { from, to };
    from = to;
    const kept = rendered.get(id.from) ?? createPassage();
    rendered.set(id.from, kept);
    const plainly = kept.present(markdown, ending);
    codes.push(...kept.codes);
    return (rich && presentRichPassage(markdown, ending, { ...rich, ...id })) ?? plainly;
  };
  const before = view.interludes.flatMap((interlude) => [
    ...passage(interlude.at, plain("")),
    ...presentInterlude(interlude),
  ]);
  return { parts: [...before, ...passage(view.text.length, last)], codes };
}

/** A message of its own, or nothing: then it only parts what was said before from what comes after. */
function presentInterlude(interlude: Interlude): Part[] {
  switch (interlude.kind) {
    case "steered":
      return [];
    case "ask":
      return presentAsk(interlude.ask);
    case "file":
      return presentFile(interlude.file);
    case "heard":
      return messages(heardWords(interlude.text));
  }
}

const countMessages = (parts: readonly Part[]): number => parts.filter(({ kind }) => kind !== "file").length;

function asFile(markdown: string): Part {
  return { kind: "file", name: "answer.md", body: markdown, caption: plain("The whole answer in one file.") };
}

function decision(updateId: number): Button[][] {
  return [
    [
      { text: "Continue", data: `continue:${updateId}`, style: "primary" },
      { text: "Discard", data: `discard:${updateId}` },
    ],
  ];
}

function endingLine(view: TurnView): Formatted {
  switch (view.outcome?.kind) {
    case "stopped":
      // A newer CLI breaks a turn off by itself when nobody is left to answer its question.
      if (view.interludes.some((each) => isUnheard(each) && each.at === view.text.length))
        return plain("⏹ The turn ended here: the bot was restarted while Claude waited for your answer.");
      return view.text === "" ? plain("⏹ Stopped before anything was said.") : plain("⏹ Stopped here.");
    case "failed":
      return describeFailure(view.outcome.failure, view.text !== "");
    case "broken":
      return plain(
        `⚠️ Something broke on the bot's side under this turn; the log on the machine says what.${
          view.text === "" ? "" : " What had been said stands above."
        } Send your message again to retry.`,
      );
    case "refused":
      return f`⚠️ This did not run: ${refusalWords(view.outcome.refusal)}`;
    case "interrupted":
      return interrupted(view);
    default:
      return plain("");
  }
}

const isUnheard = (each: Interlude): boolean =>
  each.kind === "ask" && each.ask.state.kind === "parked" && each.ask.state.why === "restart";

function refusalWords(refusal: Refusal): Formatted {
  switch (refusal.kind) {
    case "session_gone":
      return plain(
        "its session is not there any more (archived or set aside). /restore lists what can be brought back; then send the message again.",
      );
    case "disk_full":
      return plain("the disk of the machine is full. Free some space, then send the message again.");
    case "file_not_fetched":
      return notFetchedWords(refusal);
    case "not_heard":
      return notHeardWords(refusal);
    case "folder_closed":
      return f`its session works in ${code(refusal.path)}, which ${code("WORKSPACE_ROOTS")} does not name any more. ${code("/new")} makes a session elsewhere.`;
    case "gave_up":
      return plain(
        "the bot was ended three times while starting it. Send the message again to try once more.",
      );
    case "persona_unusable":
      return f`the persona ${bold(refusal.slug)} cannot be used (${personaFault(refusal.fault)}), and without it its limits would not hold. /persona lists what there is; choose one, then send the message again.`;
  }
}

function interrupted(view: TurnView): Formatted {
  const done = view.tools.filter((tool) => tool.endedAt !== undefined);
  const listed = done.slice(-5).map((tool) => concat("• ", toolLine(tool), tool.isError ? " (failed)" : ""));
  const more =
    done.length > listed.length ? [plain(`• and ${done.length - listed.length} before these`)] : [];
  return join(
    [
      f`⚡ ${bold("This turn was cut off")}: the machine or the bot went down while Claude was working. ${
        view.text === "" ? "Nothing had been said yet." : "What it had said so far stands above."
      }`,
      ...(done.length > 0 ? [plain("Already done, and not undone:"), ...more, ...listed] : []),
      plain("Continue takes it up from there. Discard leaves it; Claude will know that it was cut off."),
    ],
    "\n",
  );
}

/** A note that comes after the answer, as a message of its own. */
export function presentLateNote(note: Note): Part[] {
  return messages(presentNote(note));
}

function presentNote(note: Note): Formatted {
  switch (note.kind) {
    case "one_failed":
      return f`Of an earlier message: ${describeFailure(note.failure, true)}`;
    case "memory_lost":
      return plain("ℹ️ Claude no longer had this conversation, so this answer starts from nothing.");
    case "back_from_terminal":
      return plain("📱 It was marked as at the desk. Nothing had happened there, so it goes on here.");
    case "compacted":
      return plain(
        note.fromTokens === undefined || note.toTokens === undefined
          ? "🗜 Compacted the conversation."
          : `🗜 Compacted the conversation from ${note.fromTokens} to ${note.toTokens} tokens.`,
      );
    case "denied":
      return join(
        [
          plain("🚫 Not allowed in this session, so not done:"),
          ...note.tools.map((tool) => concat("• ", code(tool))),
        ],
        "\n",
      );
    case "background_ended":
      return join(
        [
          plain("ℹ️ These background jobs were stopped when the turn ended:"),
          ...note.tasks.map((task) => concat("• ", code(task))),
        ],
        "\n",
      );
    case "budget":
      return plain(budgetNote(note));
    case "left_behind":
      return plain(
        note.count === 1
          ? "ℹ️ A process that this turn had left running was ended: nothing runs on after a turn. What should go on for longer needs a service of its own (systemd, tmux outside of Claude)."
          : `ℹ️ ${note.count} processes that this turn had left running were ended: nothing runs on after a turn. What should go on for longer needs a service of its own (systemd, tmux outside of Claude).`,
      );
    case "unreadable_lines":
      return f`ℹ️ ${note.count} lines of Claude's output could not be read; something may be missing here.`;
    case "broken_file":
      return brokenFileWords(note);
    case "from_transcript":
      return plain(
        "ℹ️ The answer was read from Claude's own transcript, because its output broke off (is the disk full?).",
      );
  }
}
