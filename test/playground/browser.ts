/**
 * A real Chromium for the page: where it is, and how it is started. It never
 * goes on without one.
 */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const usualPlaces = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Starts it, headless; whoever starts it closes it. Throws a sentence where there is none. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"] || usualPlaces.find((path) => existsSync(path));
  if (executablePath === undefined)
    throw new Error(
      "Chromium is missing. Install it (Debian: apt-get install -y --no-install-recommends chromium), or say where it is with CHROMIUM=/path/to/it.",
    );
  // Its sandbox does not work as root, which is what a container is.
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}
