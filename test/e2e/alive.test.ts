/**
 * Through long tools, refusals and jobs in the background the chat says what is
 * waited for.
 */
import { describe, it } from "vitest";
import { expectSound } from "../harness/invariants.ts";
import { annaAtHome, ask } from "./stories.ts";

const FREE = { PERMISSION_MODE: "bypassPermissions", IS_SANDBOX: "1", CLAUDE_ENV: "IS_SANDBOX" };

describe("a turn that takes long", () => {
  it("says how long a tool runs, and after the answer what it had left running", async () => {
    const { world, anna } = await annaAtHome({ env: FREE });
    anna.send("RUN:setsid nohup sleep 300 >/dev/null 2>&1 & sleep 7; echo over");
    await anna.chat.waitForShown(/⚙️ Bash .* · 5 s$/, { since: anna.mark });
    await anna.sees(/After the tool: over/);
    await anna.sees(/^ℹ️ .*left running/);
    await expectSound(world);
  });

  it("says why the model is tried again, and when", async () => {
    const { world, anna } = await annaAtHome();
    anna.send("FAIL:529 TIMES:2");
    await anna.chat.waitForShown(/🔁 The model's service is overloaded\. Try 1 of \d+ in 1 s\./, {
      since: anna.mark,
    });
    await anna.sees(/recovered/);
    await expectSound(world);
  });

  it("names the job in the background that it waits for, and that /stop ends it", async () => {
    const { world, anna } = await annaAtHome({ env: FREE });
    anna.send("BG:sleep 200; echo never");
    await anna.chat.waitForShown(/It runs in the background\.\n\n⏳ Waiting for the background: .* · 5 s$/, {
      since: anna.mark,
    });
    await ask(anna, "/stop", /Stopping/);
    await anna.sees(/background jobs were stopped when the turn ended:\n• /);
    await ask(anna, "SAY still here", /^still here$/);
    await expectSound(world);
  });
});
