import { pino } from "pino";
import { expect, it } from "vitest";
import type { FinishReport } from "../../bot/store/archive/types.ts";
import type { LoadResult } from "../../bot/store/session-load.ts";
import type { Part } from "../../bot/telegram/delivery.ts";
import { tellOfStart } from "../../bot/telegram/start-notices.ts";
import { makeHouse } from "../turns/kit.ts";
import { checkParts, textOf } from "./presenter-check.ts";

/** What a start tells each chat, and what it logs. */
async function start(given: { finished?: Partial<FinishReport>; loaded?: Partial<LoadResult> }) {
  const house = await makeHouse();
  const { journal, sessions } = await house.live();
  const said: { chatId: number; text: string }[] = [];
  const logged: string[] = [];
  const tell = async ({ chatId }: { chatId: number }, parts: readonly Part[]): Promise<undefined> => {
    checkParts(parts);
    said.push({ chatId, text: textOf(parts) });
    return undefined;
  };
  const { folder } = house.session;
  tellOfStart({
    outbox: {
      answer: () => ({ show: () => {}, isDrafted: () => false, finish: async () => {} }),
      resume: async () => {},
      notice: tell,
      remark: async () => undefined,
    },
    journal,
    sessions,
    logger: pino({ level: "warn" }, { write: (line: string) => void logged.push(line) }),
    userIds: [7, 8],
    chatIds: [-100],
    loaded: { ok: true, sessions: 1, faults: [], removed: [], ...given.loaded } as LoadResult & { ok: true },
    finished: {
      archived: [],
      putBack: [],
      dropped: [],
      stuck: [],
      ...JSON.parse(JSON.stringify(given.finished ?? {}).replaceAll("HOME", folder)),
    } as FinishReport,
  });
  return { said, logged: logged.join(""), folder };
}

it("says nothing where nothing was found", async () => {
  expect(await start({})).toMatchObject({ said: [], logged: "" });
});

it("a session that is both frozen and live is told where it belongs, and logged", async () => {
  const { said, logged, folder } = await start({ finished: { stuck: ["HOME"] } });
  expect(said).toEqual([{ chatId: 7, text: expect.stringMatching(/Session 1 .*look by hand/s) as unknown }]);
  expect(logged).toContain(folder);
});

it("an archive that failed is told where its session lives, with the reason; one that had not begun is not", async () => {
  const putBack = [{ folder: "HOME", failure: { kind: "disk_full" as const } }, { folder: "other" }];
  const { said, logged, folder } = await start({ finished: { putBack } });
  expect(said).toEqual([
    { chatId: 7, text: expect.stringMatching(/Session 1 .*was not archived: .*room on the disk/) as unknown },
  ]);
  expect(logged).toMatch(new RegExp(`${folder}.*disk_full|disk_full.*${folder}`));
});

it("what belongs to no chat that is known is logged only", async () => {
  const { said, logged } = await start({ finished: { stuck: ["nobody-00000000"] } });
  expect([said, logged]).toEqual([[], expect.stringContaining("nobody-00000000")]);
});

it("a broken list of chats is told to everyone on the list, without its path, and logged with it", async () => {
  const { said, logged } = await start({ loaded: { chatsMovedTo: "/data/chats.json.broken-1" } });
  expect(said.map(({ chatId }) => chatId)).toEqual([7, 8]);
  expect(said[0]?.text).toMatch(/which session was current/);
  expect(said[0]?.text).not.toContain("/data");
  expect(logged).toContain("/data/chats.json.broken-1");
});
