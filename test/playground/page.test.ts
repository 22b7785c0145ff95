/**
 * The playground in a real Chromium: the real bot, the real CLI, a scripted
 * model, and a person at the page.
 */
import { readdir, readFile } from "node:fs/promises";
import { request } from "node:http";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "./browser.ts";
import { openStory } from "./kit.ts";
import { processesOf } from "../harness/processes.ts";
import { describeFaults } from "./page-checks.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** A picture of 8 by 8 in one colour, made by the browser itself. */
async function png(colour: string): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width: 8, height: 8 } });
  await page.setContent(`<body style="background:${colour};margin:0">`);
  const bytes = await page.screenshot();
  await page.close();
  return bytes;
}

describe("the playground", { timeout: 120_000 }, () => {
  it("is a chat: Start, a session, an answer that grows in one bubble, and another session", async () => {
    const context = { viewport: { width: 1000, height: 460 } };
    const { page, say, sees } = await openStory(browser, { delayMs: 30, context });
    const scroller = page.locator("#scroller");
    const fromEnd = (): Promise<number> =>
      scroller.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
    expect(await page.getByRole("note").textContent()).toMatch(/script, not from Claude/);
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await sees(/\/new/);

    await say("/new Kitchen");
    await sees("You are in a new session: Kitchen");
    await say("tell me a story");
    const first = await sees("Once there was a machine");
    const id = await first.getAttribute("data-id");
    const lengths = new Set<number>();
    const story = page.locator(`article[data-id="${id}"] .text`);
    for (let text = ""; !text.includes("humming still");) {
      text = (await story.textContent()) ?? "";
      lengths.add(text.length);
      await page.waitForTimeout(100);
    }
    expect(lengths.size).toBeGreaterThan(3);
    expect(await fromEnd()).toBeLessThan(2);
    expect(await story.locator("blockquote").first().textContent()).toContain("what was taken is answered");
    expect(
      await page.locator("article.mine .reactions, article.mine + .reactions").last().textContent(),
    ).toBe("👀");

    // Who scrolled up is left alone, and comes back by a button.
    await say("LONG:12 DELAY:120");
    await sees("w0");
    await scroller.evaluate((box) => box.scrollTo(0, 0));
    await sees("w11");
    expect(await scroller.evaluate((box) => box.scrollTop)).toBe(0);
    await page.getByRole("button", { name: /^To the newest message/ }).click();
    await expect.poll(fromEnd).toBeLessThan(2);

    await say("/new Garden");
    await (await sees("Made a new session: Garden")).getByRole("button", { name: "Switch to it" }).click();
    await sees("You are in Garden");
    await say("what did I say before?");
    await sees("You have not said anything before this in this session");
    await say("/session kitchen");
    await sees(/You are in Kitchen/);
    await say("what did I say before?");
    expect(await (await sees("In this session you wrote")).textContent()).toContain("tell me a story");
  });

  it("asks before a command runs, sends a file, and gives the archive of a session out", async () => {
    const { page, say, sees, folders } = await openStory(browser);
    await say("/new Kitchen");
    await sees("You are in a new session");
    await say("a report, please");
    const asked = await sees("Claude wants to run a command");
    expect(await asked.textContent()).toContain("printf 'day,messages");
    await asked.getByRole("button", { name: "Allow once" }).click();
    const file = page.getByRole("link", { name: /^Download report\.csv/ });
    await file.waitFor();
    await sees("in the session's folder as well");
    const [folder = ""] = (await readdir(folders.sessions)).filter((name) => name.startsWith("kitchen-"));
    const written = await readFile(join(folders.sessions, folder, "workspace/report.csv"), "utf8");
    const [report] = await Promise.all([page.waitForEvent("download"), file.click()]);
    expect(await readFile(await report.path(), "utf8")).toBe(written);
    expect(written).toContain("Monday,12");

    // The text stands there a moment before the turn has ended.
    await expect
      .poll(async () => {
        await say("/archive");
        return (await sees(/is archived|has a turn running/)).textContent();
      })
      .toContain("is archived");
    await page.getByRole("button", { name: "Send it here" }).click();
    const tarball = page.getByRole("link", { name: `Download ${folder}.tar.gz` });
    await tarball.waitFor();
    const [archive] = await Promise.all([page.waitForEvent("download"), tarball.click()]);
    const { stdout } = await execa("tar", ["-tzf", await archive.path()]);
    for (const name of ["session.json", "transcript.md", "manifest.json", "workspace/report.csv"])
      expect(stdout).toContain(name);
  });

  it("shows text as it is formatted, and never as markup", async () => {
    const { page, say, sees } = await openStory(browser);
    await say("/new Kitchen");
    await sees("You are in a new session");
    await say("show me some code");
    const answer = await sees("Here is a small one");
    expect(await answer.locator("figure figcaption").textContent()).toBe("ts");
    expect(await answer.locator("figure pre").textContent()).toContain("export async function within");
    await say("a table please");
    expect(await (await sees("Three ways")).locator("figure pre").textContent()).toMatch(
      /Rotate the logs .*daily/,
    );

    const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script> [x](javascript:alert(1))`;
    await say(`SAY ${hostile}`);
    const shown = await sees("onerror");
    expect(await shown.locator("img, script, a").count()).toBe(0);
    const mine = page.locator("article.mine").last();
    expect(await mine.locator("img, script").count()).toBe(0);
    expect(await mine.textContent()).toContain(hostile);
    expect(await page.title()).toBe("Parley playground");
  });

  it("shows rich messages, and drafts with their Stop", async () => {
    const settings = { RICH: "auto", STREAM: "draft" };
    const { page, say, sees } = await openStory(browser, { settings });
    await say("/new Kitchen");
    await sees("You are in a new session");
    await say("a table please");
    const table = (await sees("Three ways")).locator(".rich table");
    await table.waitFor();
    expect(await table.locator("tr").count()).toBe(4);
    expect(await table.locator("th").first().textContent()).toBe("What");

    await say("LONG:200 DELAY:60");
    const draft = page.locator("article.draft");
    await draft.getByText(/w5/).waitFor();
    await draft.getByRole("button", { name: "Stop" }).click();
    await sees(/w5[^]*Stopped here/);
    expect(await draft.count()).toBe(0);
  });

  it("takes files, answers and changes of what was said, and gives files out", async () => {
    const { page, say, sees } = await openStory(browser);
    await say("/new Kitchen");
    await sees("You are in a new session");

    const picker = page.locator("#files");
    await picker.setInputFiles([
      { name: "red.png", mimeType: "image/png", buffer: await png("red") },
      { name: "blue.png", mimeType: "image/png", buffer: await png("blue") },
      { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("milk, eggs") },
    ]);
    expect(await page.getByRole("list", { name: "Files to send" }).locator("li").count()).toBe(3);
    await page.getByRole("button", { name: "Do not send blue.png" }).click();
    await say("what is on it?");
    await sees("Write one of these words");
    await page.locator("article.mine .document").waitFor();
    expect(await page.locator("#tray li").count()).toBe(0);
    const picture = page.locator("article.mine .photo img");
    await page.waitForFunction(() => {
      const image = document.querySelector("article.mine .photo img");
      return image instanceof HTMLImageElement && image.naturalWidth === 8;
    });
    expect(await picture.count()).toBe(1);
    const fetched = await page.evaluate(async () => {
      const link = document.querySelector<HTMLAnchorElement>("article.mine .document");
      const response = await fetch(link?.href ?? "");
      return [await response.text(), response.headers.get("content-disposition")];
    });
    expect(fetched).toEqual(["milk, eggs", "attachment; filename*=UTF-8''notes.txt"]);

    await say("SAY to be answered");
    // Not the note under what waits: that one quotes the words.
    const answer = page
      .locator("article.theirs")
      .filter({ hasText: "to be answered", hasNot: page.locator(".quoted") });
    await answer.hover();
    await answer.getByRole("button", { name: "Reply" }).click();
    await say("SAY with a quote");
    const reply = page.locator("article.mine").filter({ hasText: "SAY with a quote" });
    await reply.locator(".quoted").waitFor();
    expect(await reply.locator(".quoted").textContent()).toContain("to be answered");

    await page.locator("#text").press("ArrowUp");
    expect(await page.locator("#text").inputValue()).toBe("SAY with a quote");
    await say("SAY with another quote");
    await reply
      .or(page.locator("article.mine").filter({ hasText: "another quote" }))
      .getByText("edited")
      .waitFor();
  });

  it("keeps topics apart, each with its own session", async () => {
    const { page, say, sees } = await openStory(browser);
    await say("/new Kitchen");
    await sees("You are in a new session: Kitchen");
    await page.getByLabel("Name of a new topic").fill("Holidays");
    await page.getByLabel("Name of a new topic").press("Enter");
    await page.getByRole("heading", { name: "Holidays" }).waitFor();
    expect(await page.locator("article").count()).toBe(0);

    await say("/new Beach");
    await sees("You are in a new session: Beach");
    await say("LONG:10 DELAY:150");
    await page.getByRole("button", { name: /^Chat/ }).click();
    await page.locator(".topic .count").waitFor();
    expect(await page.locator("article").filter({ hasText: "Beach" }).count()).toBe(0);
    await page.getByRole("button", { name: /^Holidays/ }).click();
    await sees("w9");
  });

  it("can be used with the keyboard alone", async () => {
    const { page, sees } = await openStory(browser);
    const { keyboard } = page;
    const focus = (): Promise<string> =>
      page.evaluate(() => {
        const element = document.activeElement;
        return element?.getAttribute("aria-label") ?? element?.id ?? "";
      });
    expect(await focus()).toBe("Message");
    await keyboard.type("/n");
    await page.getByRole("option", { name: /\/new/ }).waitFor();
    await keyboard.press("Tab");
    expect(await page.locator("#text").inputValue()).toBe("/new ");
    await keyboard.type("Kitchen");
    await keyboard.press("Enter");
    await sees("You are in a new session: Kitchen");
    await keyboard.type("/");
    await page.getByRole("listbox", { name: "Commands" }).waitFor();
    await keyboard.press("Escape");
    await page.getByRole("listbox", { name: "Commands" }).waitFor({ state: "hidden" });
    await keyboard.press("Backspace");
    await keyboard.type("SAY one");
    await keyboard.press("Shift+Enter");
    await keyboard.type("two");
    await keyboard.press("Enter");
    await sees(/one\s+two/);

    // To the messages and through them; r answers the one that is looked at.
    for (let tabs = 0; tabs < 12 && (await focus()) !== "Messages"; tabs += 1)
      await keyboard.press("Shift+Tab");
    expect(await focus()).toBe("Messages");
    await keyboard.press("ArrowDown");
    expect(await focus()).toMatch(/^Parley, /);
    await keyboard.press("ArrowUp");
    expect(await focus()).toMatch(/^You, /);
    await keyboard.press("End");
    await keyboard.press("r");
    expect(await focus()).toBe("Message");
    await page.getByText("Reply to Parley").waitFor();
    await keyboard.press("Escape");
    await page.getByText("Reply to Parley").waitFor({ state: "hidden" });

    // A button under a message, by Tab from it.
    await keyboard.type("/new Garden");
    await keyboard.press("Enter");
    await sees("Made a new session: Garden");
    for (let tabs = 0; tabs < 12 && (await focus()) !== "Messages"; tabs += 1)
      await keyboard.press("Shift+Tab");
    await keyboard.press("End");
    for (let tabs = 0; tabs < 6; tabs += 1) {
      await keyboard.press("Tab");
      if ((await page.evaluate(() => document.activeElement?.textContent)) === "Switch to it") break;
    }
    await keyboard.press("Enter");
    await sees("You are in Garden");

    // What is written out is meant, not what comes before it in the menu.
    await page.locator("#text").focus();
    await keyboard.type("/mode");
    await keyboard.press("Enter");
    await sees("Mode of Garden");
  });

  it("has names, roles and contrast in both colours, and fits 360 pixels", async () => {
    const context = { colorScheme: "dark", viewport: { width: 360, height: 740 } } as const;
    const { page, say, sees } = await openStory(browser, { context });
    const theme = (): Promise<string | undefined> =>
      page.evaluate(() => document.documentElement.dataset["theme"]);
    const outside = (): Promise<number> =>
      page.evaluate(() => {
        const all = [...document.querySelectorAll("article, .bubble, .key, #composer, #bar")];
        const wide = (document.scrollingElement?.scrollWidth ?? 0) - window.innerWidth;
        return wide + all.filter((element) => element.getBoundingClientRect().right > 360.5).length;
      });
    await say("/new Kitchen");
    await sees("You are in a new session");
    await say(
      `SAY ${"unbroken".repeat(40)} \`${"code".repeat(60)}\`\n\n\`\`\`ts\n${"wide ".repeat(60)}\n\`\`\``,
    );
    await sees("unbroken");
    await say("/new Garden");
    await sees("Made a new session");
    const topics = page.getByRole("button", { name: "Topics", exact: true });
    for (const colours of ["dark", "light"]) {
      expect(await theme()).toBe(colours);
      expect(await page.evaluate(describeFaults)).toEqual([]);
      expect(await outside()).toBe(0);
      await topics.click();
      await page.getByLabel("Name of a new topic").waitFor();
      expect(await page.evaluate(describeFaults)).toEqual([]);
      expect(await outside()).toBe(0);
      await page.getByRole("button", { name: /colours$/ }).click();
      await page.keyboard.press("Escape");
      await page.getByLabel("Name of a new topic").waitFor({ state: "hidden" });
    }
  });

  it("is the same after it was ended and started again, and says when the bot is gone", async () => {
    const story = await openStory(browser);
    const { page, say, sees, restart, folders } = story;
    await say("/new Kitchen");
    await sees("You are in a new session");
    await say("SAY something to keep");
    await sees("something to keep");
    await page
      .locator("#files")
      .setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("kept") });
    await say("");
    await page.locator("article.mine .document").waitFor();

    await restart();
    await sees("something to keep");
    expect(await page.locator(".day").count()).toBe(1);
    const href = await page.locator("article.mine .document").getAttribute("href");
    expect(await page.evaluate(async (path) => (await fetch(path ?? "")).text(), href)).toBe("kept");
    await say("what did I say before?");
    expect(await (await sees("In this session you wrote")).textContent()).toContain("something to keep");
    expect((await readdir(folders.sessions)).filter((name) => name.startsWith("kitchen-"))).toHaveLength(1);

    const bots = (await processesOf(folders.home)).filter(({ command }) =>
      command.includes("bot/launch.cjs main"),
    );
    expect(bots).toHaveLength(1);
    for (const { pid } of bots) process.kill(pid, "SIGKILL");
    await page.getByText("The bot is not running").waitFor();
    await page.getByRole("button", { name: "Start it again" }).click();
    await page.getByText("The bot is not running").waitFor({ state: "hidden" });
    await say("SAY back again");
    await sees(/^back again/);
  });

  it("answers this machine only, by its own name, and to nobody else's page", async () => {
    const { page, url } = await openStory(browser, { complaints: /Content Security Policy/ });
    const { port, pathname } = new URL(url);
    const ask = (
      path: string,
      headers: Record<string, string>,
      method = "GET",
      host = "127.0.0.1",
    ): Promise<number> =>
      new Promise((resolve, reject) => {
        const asked = request({ host, port, path, method, headers, timeout: 3000 }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        asked.on("error", reject);
        asked.on("timeout", () => asked.destroy(new Error("timeout")));
        asked.end(method === "POST" ? "{}" : undefined);
      });
    const own = `127.0.0.1:${port}`;
    expect(await ask(pathname, { host: own })).toBe(200);
    expect(await ask(pathname, { host: `evil.example:${port}` })).toBe(403);
    expect(await ask("/", { host: own })).toBe(404);
    expect(await ask(`${pathname}api/restart`, { host: own }, "POST")).toBe(403);
    expect(await ask(`${pathname}api/restart`, { host: own, origin: "http://evil.example" }, "POST")).toBe(
      403,
    );
    expect(await ask(`${pathname}api/restart`, { host: own, origin: `http://${own}` }, "POST")).toBe(200);
    for (const path of [
      "../package.json",
      "..%2fmain.ts",
      "tsconfig.json",
      "files/nothing",
      "%2e%2e/wire.ts",
    ])
      expect([path, await ask(`${pathname}${path}`, { host: own })]).toEqual([path, 404]);

    const others = Object.values(networkInterfaces())
      .flat()
      .filter((one) => one !== undefined && !one.internal && one.family === "IPv4");
    for (const other of others)
      await expect(ask(pathname, { host: own }, "GET", other?.address)).rejects.toThrow(/ECONNREFUSED/);

    // What the page loads and asks comes from here and from nowhere else.
    const outside = await page.evaluate(() =>
      fetch("http://127.0.0.1:9/").then(
        () => "reached",
        () => "refused",
      ),
    );
    expect(outside).toBe("refused");
    const policy = await page.evaluate(async () =>
      (await fetch(location.href)).headers.get("content-security-policy"),
    );
    expect(policy).toMatch(/^default-src 'self'; .*require-trusted-types-for 'script'/);
  });
});
