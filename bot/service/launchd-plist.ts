/**
 * The launchd agent, as text. Pure. launchd ends the bot's own process group only:
 * turns that run have groups of their own and always live on.
 */
import { commandOf, type ServiceDefinition } from "./definition.ts";

/** The agent's label. */
export const labelOf = ({ name }: Pick<ServiceDefinition, "name">): string => `dev.parley.${name}`;

/** The property list. `logFile` gets everything that the bot says; nothing cuts it short. */
export function launchdPlist(service: ServiceDefinition, logFile: string): string {
  const args = commandOf(service).map((word) => `    ${string(word)}`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- Written by the service command of Parley; it shows the file before it writes it again. -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  ${string(labelOf(service))}
  <key>ProgramArguments</key>
  <array>
${args.join("\n")}
  </array>
  <key>WorkingDirectory</key>
  ${string(service.folder)}
  <key>EnvironmentVariables</key>
  <dict>
    <key>PATH</key>
    ${string(service.path)}
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <true/>
  <key>ThrottleInterval</key>
  <integer>10</integer>
  <key>ExitTimeOut</key>
  <integer>30</integer>
  <key>StandardOutPath</key>
  ${string(logFile)}
  <key>StandardErrorPath</key>
  ${string(logFile)}
</dict>
</plist>
`;
}

function string(text: string): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `<string>${escaped}</string>`;
}
