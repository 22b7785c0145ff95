/**
 * `npm run pictures`: the pictures of the README, taken from the playground with
 * the scripted model, at a fixed hour. Run it after the page or the bot's words
 * have changed.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { repoRoot } from "../harness/folders.ts";
import { launchChromium } from "./browser.ts";
import { findClaude } from "./claude.ts";
import { openFolder } from "./folder.ts";
import { startPlayground } from "./playground.ts";

/** A morning, and it goes on from there. */
const morning = Date.UTC(2026, 0, 15, 9, 41);
const startedMs = performance.now();
const clock = (): number => morning + performance.now() - startedMs;

async function say(page: Page, text: string, answer: RegExp | string): Promise<void> {
  await page.locator("#text").fill(text);
  await page.locator("#text").press("Enter");
  await page.locator("article.theirs", { hasText: answer }).last().waitFor();
}

async function openTopic(page: Page, name: string): Promise<void> {
  await page.getByLabel("Name of a new topic").fill(name);
  await page.getByLabel("Name of a new topic").press("Enter");
  await page.getByRole("heading", { name }).waitFor();
}

/** What is seen on them: a question that was answered, and one that waits for a tap. */
async function play(page: Page): Promise<void> {
  await say(page, "/new Everyday", "You are in a new session");
  await say(page, "hello", "Write one of these words");
  await openTopic(page, "Thesis");
  await say(page, "/new Thesis research", "You are in a new session");
  await say(page, "SAY The second chapter is read; three places need a source.", "three places");
  await openTopic(page, "Homelab");
  await say(page, "/new Homelab homelab", "You are in a new session");
  await say(page, "What would free the most space? As a table, please.", "worth the most");
  await page.waitForTimeout(1500);
  await say(page, "Look how full the disk is.", "Claude wants to run a command");
  await page.getByRole("button", { name: "Allow once" }).waitFor();
  await page.waitForTimeout(1500);
}

async function take(
  browser: Browser,
  url: string,
  name: string,
  phone: boolean,
  dark: boolean,
): Promise<Page> {
  const context = await browser.newContext({
    viewport: phone ? { width: 390, height: 800 } : { width: 1080, height: 800 },
    deviceScaleFactor: 2,
    colorScheme: dark ? "dark" : "light",
    locale: "en-GB",
    timezoneId: "UTC",
  });
  await context.clock.setFixedTime(morning);
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole("button", { name: "Hide this" }).click();
  if ((await page.locator(".topic").count()) === 1) await play(page);
  else {
    if (phone) await page.getByRole("button", { name: "Topics", exact: true }).click();
    await page.getByRole("button", { name: /^Homelab/ }).click();
  }
  await page.getByRole("button", { name: "Allow once" }).waitFor();
  // Nothing under the pointer, no field in the hand, and the page has come to rest.
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(repoRoot, "docs", `${name}.png`) });
  process.stdout.write(`docs/${name}.png\n`);
  return page;
}

const opened = await openFolder(join(tmpdir(), "parley"), true);
if (!opened.ok) throw new Error(opened.sentence);
const claude = await findClaude({}, true);
const started = await startPlayground({ folders: opened.folders, claude, env: {}, delayMs: 0, clock });
if (!started.ok) throw new Error(started.sentence);
const browser = await launchChromium();
try {
  const { url } = started.playground;
  await take(browser, url, "chat-light", false, false);
  await take(browser, url, "chat-dark", false, true);
  await take(browser, url, "phone-light", true, false);
  await take(browser, url, "phone-dark", true, true);
} finally {
  await browser.close();
  await started.playground.close();
}
