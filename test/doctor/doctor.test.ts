/**
 * An examination as a whole: its order, its bounds, its words.
 */
import { describe, expect, it } from "vitest";
import { examine, exitCodeOf } from "../../bot/doctor/doctor.ts";
import { bad, type Check, type Finding, ok, type Verdict, warn } from "../../bot/doctor/finding.ts";
import { report } from "../../bot/doctor/report.ts";
import { list, span } from "../../bot/doctor/words.ts";
import { doctorReport } from "../../bot/telegram/presenter/doctor.ts";
import { checkParts } from "../telegram/presenter-check.ts";

const check = (name: string, look: () => Promise<Verdict | undefined>): Check => ({ name, look });

const SICK: Finding[] = [
  { name: "Node", ...ok("20.") },
  { name: "Token", ...bad("it is not known.", "Run `npm run setup`.") },
  { name: "Disk", ...warn("little room on /a`b.", "Free some.") },
];

describe("an examination", () => {
  it("keeps the order, leaves out what has nothing to say, and survives a check that breaks or hangs", async () => {
    const findings = await examine(
      [
        check("slow", async () => ok("slow.")),
        check("silent", async () => undefined),
        check("broken", () => Promise.reject(Object.assign(new Error("/secret/path"), { code: "EIO" }))),
        check("hanging", () => new Promise(() => {})),
        check("last", async () => warn("w.", "m.")),
      ],
      50,
    );
    expect(findings.map(({ name, state }) => `${name} ${state}`)).toEqual([
      "slow ok",
      "broken bad",
      "hanging bad",
      "last warn",
    ]);
    expect(findings[1]?.says).toBe("this could not be looked at (EIO).");
  });

  it("ends with 1 only where something is broken", () => {
    expect(exitCodeOf(SICK)).toBe(1);
    expect(exitCodeOf(SICK.filter(({ state }) => state !== "bad"))).toBe(0);
    expect(exitCodeOf([])).toBe(0);
  });
});

describe("its report", () => {
  it("has a line for each finding, one for each way to mend it, and a sum", () => {
    expect(report(SICK).split("\n")).toEqual([
      "✔ Node   20.",
      "✖ Token  it is not known.",
      "         → Run `npm run setup`.",
      "! Disk   little room on /a`b.",
      "         → Free some.",
      "",
      "1 broken, 1 warning.",
    ]);
    expect(report(SICK.slice(0, 1))).toMatch(/All is well\.$/);
    expect(report(SICK.slice(2))).toMatch(/Nothing is broken; 1 warning\.$/);
  });

  it("keeps a name with control characters on its line", () => {
    const odd = report([{ name: "Folders", ...bad("/a\n\u001b[31m/b is not there.", "x") }]);
    expect(odd).not.toContain("\u001b");
    expect(odd.split("\n")).toHaveLength(4);
  });

  it("in the chat shows what needs a hand first, with commands as code", () => {
    const parts = doctorReport(SICK);
    checkParts(parts);
    const [part] = parts;
    if (part?.kind !== "text") throw new Error("no text");
    expect(part.content.text).toBe(
      "🩺 1 broken, 1 warning.\n\n❌ Token: it is not known.\n→ Run npm run setup.\n\n⚠️ Disk: little room on /a`b.\n→ Free some.\n\n✅ Node: 20.",
    );
    expect(part.content.entities.filter(({ type }) => type === "code")).toHaveLength(1);
  });

  it("in the chat of a healthy machine, or of one with a hundred faults, is what Telegram takes", () => {
    checkParts(doctorReport(SICK.slice(0, 1)));
    checkParts(
      doctorReport(
        Array.from({ length: 100 }, (_, at) => ({ name: `Check ${at}`, ...bad("x`y`z ".repeat(90), "`m`") })),
      ),
    );
  });
});

describe("its words", () => {
  it("count what is too much to name", () => {
    expect([[], ["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"]].map(list)).toEqual([
      "",
      "a",
      "a and b",
      "a, b and c",
      "a, b and 2 more",
    ]);
  });

  it("say a time in the unit that fits", () => {
    expect([5_000, 119_000, 180_000, 7_200_000].map(span)).toEqual(["5 s", "119 s", "3 min", "2 h"]);
  });
});
