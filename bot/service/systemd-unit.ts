/**
 * The systemd user unit, as text. Pure. Hardened as far as Claude's tools still
 * work: they are the person's own tools and use the whole machine as the person
 * does, so nothing here hides a folder, a device or the network from them.
 */
import { commandOf, type ServiceDefinition } from "./definition.ts";

/** The unit, with a comment at each line that is not plain. */
export function systemdUnit(service: ServiceDefinition): string {
  const [program = "", ...args] = commandOf(service);
  return `# Written by \`npm run service -- install\`; it shows the file before it writes it again.
[Unit]
Description=Parley, Claude Code in Telegram (${specifiers(service.name)})
# Never give up: a network may be away for days.
StartLimitIntervalSec=0

[Service]
# Up when it says so. It speaks through systemd-notify, which is a child: hence "all".
Type=notify
NotifyAccess=all
TimeoutStartSec=120
WorkingDirectory=${specifiers(service.folder)}
ExecStart=${[quoted(program), ...args].join(" ")}
# Where you had your programs when you installed it; Claude's tools find theirs here.
Environment=${quoted(`PATH=${service.path}`)}

Restart=always
RestartSec=5
# A setting is wrong: starting again mends nothing.
RestartPreventExitStatus=78
# Fed by polls that really came back from Telegram, not by a timer.
WatchdogSec=300

${killing(service)}
TimeoutStopSec=30
# A tool of Claude's that runs out of memory ends that tool, not the bot.
OOMPolicy=continue

# Claude's tools cannot become root either: no sudo, no setuid program. Remove it if they must.
NoNewPrivileges=yes
RestrictRealtime=yes
# A core file would hold the token.
LimitCORE=0

[Install]
WantedBy=default.target
`;
}

function killing({ keepsTurns }: ServiceDefinition): string {
  if (keepsTurns)
    return `# Ends the bot alone: turns that run go on, and the next start takes them up. \`systemctl stop\` leaves them
# running too, and nobody watches over them until that start.
KillMode=process`;
  return `# The bot ends by itself; what is left after that, turns that run among it, is killed, so that nothing runs on
# unwatched. The next start tells of each turn that was cut off, and offers to continue it.
KillMode=mixed`;
}

/** In a unit file % begins a specifier. */
function specifiers(text: string): string {
  return text.replaceAll("%", "%%");
}

/** A word of a command or an assignment; $ would name a variable. */
function quoted(text: string): string {
  const escaped = specifiers(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return `"${escaped}"`;
}
