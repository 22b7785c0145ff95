/**
 * The container's files, as far as they can be judged without an engine: what
 * they name is there, nobody is root, no secret and no data gets in.
 */
import { access, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { faultOf } from "../../bot/config.ts";
import { OLDEST_NODE } from "../../bot/doctor/checks/node.ts";
import type { Verdict } from "../../bot/health/health.ts";
import { startHealthServer } from "../../bot/health/server.ts";
import { repoRoot } from "../harness/folders.ts";
import { tempFolder } from "../store/room.ts";

const text = (name: string) => readFile(join(repoRoot, name), "utf8");

/** The Dockerfile's instructions, continuation lines joined, comments left out. */
async function instructions(): Promise<{ word: string; rest: string }[]> {
  const lines = (await text("Dockerfile")).split("\n").filter((line) => !/^\s*(#|$)/.test(line));
  return lines
    .join("\n")
    .replace(/\\\n\s*/g, " ")
    .split("\n")
    .map((line) => {
      const [word = "", ...rest] = line.trim().split(/\s+/);
      return { word, rest: rest.join(" ") };
    });
}

const restOf = (all: Awaited<ReturnType<typeof instructions>>, word: string): string[] =>
  all.filter((each) => each.word === word).map(({ rest }) => rest);

/** `NAME=value` pairs of ENV. */
const envOf = (all: Awaited<ReturnType<typeof instructions>>): Record<string, string> =>
  Object.fromEntries(
    restOf(all, "ENV")
      .flatMap((rest) => rest.split(/\s+/))
      .map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );

interface Compose {
  services: Record<
    string,
    Record<string, unknown> & { environment: Record<string, string>; volumes: string[] }
  >;
  volumes: Record<string, null>;
}

describe("the Dockerfile", () => {
  it("has instructions that there are, on a Node that is new enough", async () => {
    const all = await instructions();
    const known = "FROM RUN ARG WORKDIR COPY ENV USER VOLUME HEALTHCHECK ENTRYPOINT CMD".split(" ");
    expect(all.filter(({ word }) => !known.includes(word))).toEqual([]);
    expect(restOf(all, "FROM")).toHaveLength(1);
    const major = Number(/^node:(\d+)-/.exec(restOf(all, "FROM")[0] ?? "")?.[1]);
    expect(major).toBeGreaterThan(OLDEST_NODE[0]);
  });

  it("copies what is there, starts what npm start starts, and not as root", async () => {
    const all = await instructions();
    for (const copy of restOf(all, "COPY"))
      for (const source of copy.split(/\s+/).slice(0, -1)) await access(join(repoRoot, source));
    const { scripts } = JSON.parse(await text("package.json")) as { scripts: { start: string } };
    const command = JSON.parse(restOf(all, "CMD")[0] ?? "") as string[];
    expect(scripts.start).toBe(`exec ${command.join(" ")}`);
    expect(JSON.parse(restOf(all, "ENTRYPOINT")[0] ?? "")).toEqual(["tini", "--"]);
    expect(restOf(all, "RUN").join(" ")).toMatch(/apt-get install .*\btini\b/);
    const after = all.slice(all.findIndex(({ word }) => word === "USER"));
    expect(after[0]).toEqual({ word: "USER", rest: "node" });
    expect(after.map(({ word }) => word)).not.toContain("RUN");
  });

  it("keeps sessions, archives and Claude's own folder outside, under names that the settings take", async () => {
    const all = await instructions();
    const env = envOf(all);
    expect(JSON.parse(restOf(all, "VOLUME")[0] ?? "")).toEqual([
      env["SESSIONS_DIR"],
      env["ARCHIVE_DIR"],
      env["CLAUDE_CONFIG_DIR"],
    ]);
    for (const name of ["SESSIONS_DIR", "ARCHIVE_DIR", "PERSONAS_DIR"] as const)
      expect(faultOf(name, env[name] ?? "")).toBeUndefined();
    const made = restOf(all, "RUN").join(" ");
    for (const folder of ["SESSIONS_DIR", "ARCHIVE_DIR", "CLAUDE_CONFIG_DIR"])
      expect(made).toContain(env[folder]);
  });

  describe("'s health check", () => {
    /** What it says with these settings, as Docker would run it. */
    async function check(given: Record<string, string>): Promise<boolean> {
      const all = await instructions();
      const command = /\bCMD (.*)$/.exec(restOf(all, "HEALTHCHECK")[0] ?? "")?.[1] ?? "exit 2";
      const env = { PATH: process.env["PATH"], ...envOf(all), ...given };
      const { exitCode } = await execa("sh", ["-c", command], { env, extendEnv: false, reject: false });
      return exitCode === 0;
    }

    it("asks the bot, whose word is Telegram's last good answer", async () => {
      const all = await instructions();
      expect(restOf(all, "RUN").join(" ")).toMatch(/apt-get install .*\bcurl\b/);
      expect(faultOf("HEALTH_PORT", envOf(all)["HEALTH_PORT"] ?? "")).toBeUndefined();
      for (const host of ["127.0.0.1", "0.0.0.0"]) {
        let ok = true;
        const verdict = () => ({ ok }) as Verdict;
        const server = await startHealthServer({ verdict, metrics: async () => "" }, { host, port: 0 });
        if (!server.ok) throw new Error(server.code);
        const env = {
          HEALTH_PORT: String(server.port),
          ...(host === "0.0.0.0" ? { HEALTH_HOST: host } : {}),
        };
        expect(await check(env)).toBe(true);
        ok = false;
        expect(await check(env)).toBe(false);
        await server.close();
        expect(await check(env)).toBe(false);
      }
    });

    it("looks at the time of the last poll where nobody can be asked", async () => {
      const SESSIONS_DIR = await tempFolder();
      const env = { SESSIONS_DIR, HEALTH_PORT: "0" };
      expect(await check(env)).toBe(false);
      const lock = join(SESSIONS_DIR, ".lock");
      await writeFile(lock, "");
      expect(await check(env)).toBe(true);
      const long = new Date(Date.now() - 5 * 60_000);
      await utimes(lock, long, long);
      expect(await check({ ...env, HEALTH_PORT: "" })).toBe(false);
    });
  });

  it("has no secret in it", async () => {
    const all = await text("Dockerfile");
    expect(all).not.toMatch(/TELEGRAM_BOT_TOKEN|ANTHROPIC_API_KEY|OAUTH_TOKEN|\d{6,}:[\w-]{30,}/);
  });
});

describe(".dockerignore", () => {
  it("lets in what is copied and nothing else", async () => {
    const lines = (await text(".dockerignore"))
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines[0]).toBe("*");
    const letIn = lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
    const copied = restOf(await instructions(), "COPY").flatMap((copy) => copy.split(/\s+/).slice(0, -1));
    expect(letIn.sort()).toEqual(copied.sort());
  });
});

describe("the compose file", () => {
  it("puts a volume on every folder that must stay, and no path of the host's into the settings", async () => {
    const compose = parse(await text("compose.yaml")) as Compose;
    const service = compose.services["parley"];
    const env = envOf(await instructions());
    const mounted = new Map(
      (service?.volumes ?? []).map((volume) => [volume.split(":")[1], volume.split(":")[0] ?? ""]),
    );
    for (const name of ["SESSIONS_DIR", "ARCHIVE_DIR", "CLAUDE_CONFIG_DIR"])
      expect(Object.keys(compose.volumes)).toContain(mounted.get(env[name]));
    expect(service?.environment).toMatchObject({
      SESSIONS_DIR: env["SESSIONS_DIR"],
      ARCHIVE_DIR: env["ARCHIVE_DIR"],
      PERSONAS_DIR: env["PERSONAS_DIR"],
    });
    expect([...mounted.keys()]).toContain(service?.environment["WORKSPACE_ROOTS"]);
    expect(service).toMatchObject({
      restart: "unless-stopped",
      env_file: ".env",
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
    });
    expect(JSON.stringify(compose)).not.toMatch(/TELEGRAM_BOT_TOKEN|docker\.sock|privileged":true/);
  });
});
