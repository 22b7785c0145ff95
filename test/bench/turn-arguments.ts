/**
 * The arguments of a turn, for the CLI without a bot: what it does for them it
 * does for anyone who asks. They are made as the bot makes them.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildArguments } from "../../bot/claude/args.ts";
import { probeClaude } from "../../bot/claude/probe.ts";
import { CHAT_SERVER, CHAT_TOOLS_RULE } from "../../bot/turns/chat-tools/chat-tools.ts";
import { cliPath } from "../fakes/cli-path.ts";

/** Of a turn that goes on with the conversation `claudeSessionId`; the persona is written into `home`. */
export async function turnArguments(home: string, claudeSessionId: string): Promise<string[]> {
  const systemPromptFile = join(home, "persona.md");
  await writeFile(systemPromptFile, "You are a helpful assistant.\n");
  const env = { HOME: home, PATH: process.env["PATH"] ?? "", DISABLE_AUTOUPDATER: "1" };
  const probed = await probeClaude({
    file: cliPath(),
    env,
    cwd: home,
    load: async () => undefined,
    save: async () => {},
  });
  if (!probed.ok) throw new Error(`the CLI cannot be asked: ${probed.failure.kind}`);
  return buildArguments(
    {
      claudeSessionId,
      resume: true,
      systemPromptFile,
      permissionMode: "default",
      allowedTools: [CHAT_TOOLS_RULE],
      disallowedTools: [],
      addDirs: [],
      trustProject: false,
      mcpServers: [CHAT_SERVER],
      askPermission: true,
    },
    probed.features,
  );
}
