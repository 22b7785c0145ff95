/**
 * A playground with a browser in front of it, for one test; both end with it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { onTestFinished } from "vitest";
import { findClaude } from "./claude.ts";
import { openFolder, type PlaygroundFolders } from "./folder.ts";
import { type Playground, type PlaygroundOptions, startPlayground } from "./playground.ts";

/** What a story may set. */
export interface StoryOptions extends Partial<PlaygroundOptions> {
  readonly context?: BrowserContextOptions;
  /** What the browser may complain about. */
  readonly complaints?: RegExp;
}

/** A story's surroundings. */
export interface Story {
  readonly page: Page;
  readonly folders: PlaygroundFolders;
  readonly url: string;
  /** Ends the playground and starts it again on the same folder; the page is opened anew. */
  readonly restart: () => Promise<void>;
  /** Writes a message and sends it with Enter. */
  readonly say: (text: string) => Promise<void>;
  /** The newest message whose words match, as soon as it stands there. */
  readonly sees: (words: RegExp | string) => Promise<Locator>;
}

const waitMs = 20_000;

/** A folder that goes when the test is over. */
export async function testFolder(): Promise<PlaygroundFolders> {
  const path = await mkdtemp(join(tmpdir(), "parley-playground-"));
  onTestFinished(() => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  const opened = await openFolder(path, false);
  if (!opened.ok) throw new Error(opened.sentence);
  return opened.folders;
}

/** Starts a playground with the scripted model, unless told otherwise; it ends with the test. */
export async function startForTest(
  folders: PlaygroundFolders,
  options: Partial<PlaygroundOptions> = {},
): Promise<Playground> {
  const claude = await findClaude({}, true);
  const started = await startPlayground({ folders, claude, env: {}, delayMs: 0, ...options });
  if (!started.ok) throw new Error(started.sentence);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= started.playground.close());
  onTestFinished(close);
  return { ...started.playground, close };
}

/** Opens the page of a new playground. */
export async function openStory(browser: Browser, options: StoryOptions = {}): Promise<Story> {
  const { context: contextOptions, complaints, ...playgroundOptions } = options;
  const folders = await testFolder();
  let playground = await startForTest(folders, playgroundOptions);
  const context = await browser.newContext({ viewport: { width: 1100, height: 780 }, ...contextOptions });
  onTestFinished(() => context.close());
  context.setDefaultTimeout(waitMs);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (line) => line.type() === "error" && faults.push(line.text()));
  onTestFinished(() => {
    const unexpected = faults.filter((fault) => complaints?.test(fault) !== true);
    if (unexpected.length > 0) throw new Error(`the page complained:\n${unexpected.join("\n")}`);
  });
  await page.goto(playground.url);
  await page.getByText("bot", { exact: true }).waitFor();

  return {
    page,
    folders,
    get url() {
      return playground.url;
    },
    restart: async () => {
      // Away first: a stream that breaks is a complaint of the page.
      await page.goto("about:blank");
      await playground.close();
      playground = await startForTest(folders, playgroundOptions);
      await page.goto(playground.url);
    },
    say: async (text) => {
      await page.locator("#text").fill(text);
      await page.locator("#text").press("Enter");
    },
    sees: async (words) => {
      const message = page.locator("article.theirs").filter({ hasText: words }).last();
      await message.waitFor();
      return message;
    },
  };
}
