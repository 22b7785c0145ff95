/**
 * The one table of commands and buttons: it feeds the dispatch, the menu and
 * /help. It does not know what they do.
 */
import type { ButtonKind, Command } from "./command.ts";
import { type ArchiveDeps, archiveCommand } from "./commands/archive.ts";
import { askButton, type AskDeps } from "./commands/ask.ts";
import { changesButtons, type ChangesCommandDeps } from "./commands/changes.ts";
import { decisionButtons } from "./commands/decide.ts";
import { deleteButtons, deleteCommand, type DeleteDeps } from "./commands/delete.ts";
import { doctorCommand, type DoctorCommandDeps } from "./commands/doctor.ts";
import { exportCommand, type ExportDeps } from "./commands/export.ts";
import { fetchButton, type FetchDeps } from "./commands/fetch.ts";
import { fileButton, type FileDeps } from "./commands/file.ts";
import { forkCommand, type ForkDeps } from "./commands/fork.ts";
import { helpCommands } from "./commands/help.ts";
import { keepButton, type KeepDeps } from "./commands/keep.ts";
import { keptButton, type KeptButtonDeps } from "./commands/kept.ts";
import { modeButtons, modeCommands, type ModeDeps } from "./commands/modes.ts";
import { newButton, newCommand } from "./commands/new.ts";
import { parcelButtons, type ParcelDeps } from "./commands/parcel.ts";
import { personaButton, personaCommand, type PersonaDeps } from "./commands/persona.ts";
import { plainButton, type PlainDeps } from "./commands/plain.ts";
import { renameCommand, type RenameDeps } from "./commands/rename.ts";
import { restoreButtons, restoreCommand, type RestoreDeps } from "./commands/restore.ts";
import { resumeButtons, resumeCommand, type ResumeDeps } from "./commands/resume.ts";
import { searchCommand, type SearchCommandDeps } from "./commands/search.ts";
import { sessionButtons, sessionCommand, type SessionDeps } from "./commands/session.ts";
import { revokeButton } from "./commands/rules.ts";
import { statusCommand, type StatusDeps } from "./commands/status.ts";
import { stopButton, stopCommand } from "./commands/stop.ts";
import { terminalButton, terminalCommand, type TerminalDeps } from "./commands/terminal.ts";
import { topicButton, type TopicDeps } from "./commands/topic.ts";
import { budgetButtons, usageCommand, type UsageDeps } from "./commands/usage.ts";
import { waitingButtons } from "./commands/waiting.ts";

export type CommandDeps = ArchiveDeps &
  ChangesCommandDeps &
  DeleteDeps &
  DoctorCommandDeps &
  ExportDeps &
  FileDeps &
  ForkDeps &
  KeepDeps &
  KeptButtonDeps &
  ModeDeps &
  PersonaDeps &
  PlainDeps &
  AskDeps &
  FetchDeps &
  ParcelDeps &
  RenameDeps &
  RestoreDeps &
  ResumeDeps &
  SearchCommandDeps &
  SessionDeps &
  StatusDeps &
  TerminalDeps &
  TopicDeps &
  UsageDeps;

export interface CommandTable {
  readonly commands: readonly Command[];
  readonly buttons: readonly ButtonKind[];
}

/** Builds the table, in the order of the menu. */
export function commandTable(deps: CommandDeps): CommandTable {
  const status = statusCommand(deps);
  const searching = searchCommand(deps);
  const commands: Command[] = [
    newCommand(deps),
    sessionCommand(deps),
    renameCommand(deps),
    personaCommand(deps),
    ...modeCommands(deps),
    stopCommand(deps),
    status,
    forkCommand(deps),
    terminalCommand(deps),
    resumeCommand(deps),
    archiveCommand(deps),
    restoreCommand(deps),
    searching.command,
    deleteCommand(deps),
    exportCommand(deps),
    usageCommand(deps),
    doctorCommand(deps),
    ...helpCommands(() => commands),
  ];
  return {
    commands,
    buttons: [
      newButton(deps),
      ...sessionButtons(deps),
      personaButton(deps),
      ...modeButtons(deps),
      topicButton(deps),
      ...restoreButtons(deps),
      ...parcelButtons(deps),
      fetchButton(deps),
      ...deleteButtons(deps),
      ...decisionButtons(deps),
      plainButton(deps),
      askButton(deps),
      revokeButton({ ...deps, show: (request) => status.run(request) }),
      fileButton(deps),
      ...changesButtons(deps),
      terminalButton(deps),
      ...resumeButtons(deps),
      stopButton(deps),
      ...waitingButtons(deps),
      searching.button,
      ...budgetButtons(deps),
      keptButton(deps),
      keepButton(deps),
    ],
  };
}
