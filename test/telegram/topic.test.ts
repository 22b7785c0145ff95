import { describe, expect, it } from "vitest";
import { topicButton } from "../../bot/telegram/commands/topic.ts";
import type { Part } from "../../bot/telegram/delivery.ts";
import type { OpenTopic } from "../../bot/telegram/topics.ts";
import type { Place } from "../../bot/turns/view.ts";
import { makeHouse, PLACE } from "../turns/kit.ts";
import { checkParts, pressButtons, textOf } from "./presenter-check.ts";

const TOPIC: Place = { chatId: PLACE.chatId, threadId: 77 };

/** The button under a session that is new; `opens` is what Telegram does. */
async function bench(opens: OpenTopic = async () => ({ ok: true, threadId: 77 })) {
  const house = await makeHouse();
  const { sessions } = await house.live();
  const said: { place: Place; text: string }[] = [];
  const names: string[] = [];
  const button = topicButton({
    sessions,
    openTopic: (chatId, name) => {
      names.push(name);
      return opens(chatId, name);
    },
    sayIn(place, parts) {
      checkParts(parts);
      said.push({ place, text: textOf(parts) });
    },
  });
  const request = { updateId: 1, place: PLACE, userId: 7, text: house.session.id.slice(0, 8) };
  const press = async (): Promise<readonly Part[]> => {
    const parts = (await button.press(request)) ?? [];
    checkParts(parts);
    return parts;
  };
  return {
    sessions,
    session: house.session,
    said,
    names,
    press,
    refuse: () => button.refuse?.(request),
    button,
  };
}

describe("a session's own topic", () => {
  it("is opened with its name, makes it current there, and says so in both places", async () => {
    const { press, sessions, session, said, names } = await bench();
    expect(textOf(await press())).toMatch(/has a topic of its own now/);
    expect(names).toEqual([session.name]);
    expect(sessions.current(TOPIC)?.id).toBe(session.id);
    expect(said).toEqual([
      { place: TOPIC, text: expect.stringMatching(/^✨ This topic is the session/) as unknown },
    ]);
  });

  it("is opened once: not while it is being opened, nor when it is there", async () => {
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    const { press, refuse } = await bench(async () => {
      await opened;
      return { ok: true, threadId: 77 };
    });
    expect(refuse()).toBeUndefined();
    const pressed = press();
    expect(refuse()).toMatch(/has a topic already/);
    open();
    await pressed;
    expect(refuse()).toMatch(/has a topic already/);
  });

  it("that Telegram refuses leaves the session as it was, with the way into it", async () => {
    const { press, refuse, sessions, said } = await bench(async () => ({ ok: false }));
    const parts = await press();
    expect(textOf(parts)).toMatch(/opened no topic/);
    expect(pressButtons(parts)).toMatchObject([{ text: "Switch to it" }]);
    expect(sessions.current(TOPIC)).toBeUndefined();
    expect(said).toEqual([]);
    expect(refuse()).toBeUndefined();
  });

  it("is not offered any more to a session that is gone", async () => {
    const { button } = await bench();
    const gone = { updateId: 1, place: PLACE, userId: 7, text: "ffffffff" };
    expect(button.refuse?.(gone)).toMatch(/another time/);
    expect(await button.press(gone)).toBeUndefined();
  });
});
