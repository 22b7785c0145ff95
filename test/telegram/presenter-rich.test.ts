import { mkdir, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { plainButton } from "../../bot/telegram/commands/plain.ts";
import type { Part } from "../../bot/telegram/delivery.ts";
import { presentAnswer } from "../../bot/telegram/presenter/turn.ts";
import { newProgress } from "../../bot/turns/progress.ts";
import type { TurnView } from "../../bot/turns/view.ts";
import { createOne, startManager, tempPaths } from "../store/room.ts";
import { checkParts, HOSTILE, textOf } from "./presenter-check.ts";

const TABLE = "| a | b |\n|---|---|\n| 1 | 2 |";

function answer(view: Partial<TurnView>, isRich = true): Part[] {
  const whole: TurnView = {
    ...newProgress().view,
    phase: "ended",
    outcome: { kind: "answered" },
    text: TABLE,
    ...view,
  };
  const parts = presentAnswer(whole, { updateId: 5 }, { footer: "auto", isRich });
  checkParts(parts);
  return parts;
}

describe("an answer with a table", () => {
  it("is plain unless it is wished rich", () => {
    expect(answer({}, false)).toMatchObject([{ kind: "text" }]);
    expect(answer({})).toMatchObject([{ kind: "rich", plain: [{ kind: "text" }] }]);
  });

  it("says what stands under it in a message of its own, and folds away what was done", () => {
    const tools = [{ id: "1", name: "Bash", title: "ls /tmp", startedAt: 0, endedAt: 100 }];
    const parts = answer({ tools, usage: { costUsd: 1, inputTokens: 1, outputTokens: 1 }, durationMs: 900 });
    expect(parts).toMatchObject([
      { blocks: [{ type: "table" }, { type: "details", summary: "⚙️ 1 tool · 0.9 s · $1.00" }] },
    ]);
    expect(JSON.stringify(parts)).toContain("ls /tmp");
    const [first, second] = answer({ outcome: { kind: "stopped" } });
    expect([first?.kind, textOf([second as Part])]).toEqual(["rich", "⏹ Stopped here."]);
  });

  it("is rich only in the passage that has one; its button names the passage", () => {
    const view = { text: `before\n\n${TABLE}`, interludes: [{ id: "a", at: 6, kind: "steered" as const }] };
    expect(answer(view)).toMatchObject([
      { kind: "text" },
      { kind: "rich", buttons: [[{ text: "Plain", data: `plain:5:6:${view.text.length}` }]] },
    ]);
  });

  it("copies its short code, too", () => {
    const [part] = answer({ text: `${TABLE}\n\n\`\`\`\nls\n\`\`\`` });
    expect(part).toMatchObject({ buttons: [[{ copy: "ls" }], [{ text: "Plain" }]] });
  });

  it.each(HOSTILE)("takes words that are %s", (_, word) => {
    answer({ text: `${word}\n\n${TABLE}\n\n- [ ] ${word}` });
    answer({ text: `| ${word} | b |\n|---|---|\n| 1 | ${word} |` });
  });
});

describe("the button Plain", () => {
  const pressing = async () => {
    const room = await startManager(await tempPaths());
    const { folder } = await createOne(room.sessions);
    const turn = room.paths.turn(folder, 5);
    await mkdir(turn.root, { recursive: true });
    await writeFile(
      turn.receipt,
      JSON.stringify({
        version: 1,
        text: `before\n\n${TABLE}`,
        startedAt: "2026-01-01T00:00:00.000Z",
        endedAt: "2026-01-01T00:00:02.000Z",
        tools: [{ name: "Bash", title: "ls", durationMs: 100, isError: true }],
        usage: { costUsd: 0.5, inputTokens: 1, outputTokens: 1 },
      }),
    );
    const button = plainButton({ ...room, look: { footer: "auto", isRich: true } });
    return (data: string, chatId = 7) => {
      const request = { updateId: 9, place: { chatId }, userId: 7, text: data };
      return Promise.all([button.refuse?.(request), button.press(request)]);
    };
  };

  it("shows the passage as it was said, and the line under the last", async () => {
    const press = await pressing();
    const [refusal, parts = []] = await press(`5:6:${8 + TABLE.length}`);
    expect(refusal).toBeUndefined();
    expect(textOf(parts)).toMatch(/^a │ b\n[^]*⚙️ 1 tool · 2\.0 s · \$0\.50\n• Bash ls · failed, 0\.1 s$/);
    expect(textOf((await press("5:0:6"))[1] ?? [])).toBe("before");
  });

  it.each([
    ["another answer", "6:0:6", 7],
    ["an answer in another chat", "5:0:6", 8],
    ["nothing that we wrote", "5:../../x:6", 7],
  ])("says of %s that it is not there, and changes nothing", async (_, data, chatId) => {
    const [refusal, parts] = await (await pressing())(data, chatId);
    expect(refusal).toMatch(/not here any more/);
    expect(parts).toBeUndefined();
  });
});
