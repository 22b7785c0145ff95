/**
 * Proof of life: what /status says of the bot itself, folded behind its first
 * lines. Pure.
 */
import type { DiskSpace } from "../../store/disk.ts";
import type { Medians } from "../../turns/latencies.ts";
import { folded, type Formatted, join, plain } from "../formatted.ts";
import { count, size, span } from "./words.ts";

/** Which CLI turns are run with; `asking` while it has not said so yet. */
export type CliState = "asking" | "missing" | { readonly version: string };

/** Times are in ms. */
export interface PulseFacts {
  readonly lastPollAgoMs: number | undefined;
  readonly startedAgoMs: number;
  readonly runningAll: number;
  readonly maxTurns: number;
  /** Processes that wait for a message. */
  readonly standbys: number;
  readonly warm: Medians | undefined;
  readonly cold: Medians | undefined;
  /** Where sessions lie, and where archives lie. */
  readonly disks: { readonly sessions: DiskSpace | undefined; readonly archives: DiskSpace | undefined };
  readonly version: string;
  readonly cli: CliState;
}

/** The lines, as a quote that unfolds. */
export function pulse(facts: PulseFacts): Formatted {
  const { lastPollAgoMs, standbys } = facts;
  const poll = lastPollAgoMs === undefined ? "not yet" : `${Math.round(lastPollAgoMs / 1_000)} s ago`;
  const waiting = standbys === 0 ? "" : `; ${count(standbys, "process", "processes")} ready for a message`;
  const lines = [
    `Last word from Telegram ${poll}; up for ${uptime(facts.startedAgoMs)}.`,
    `${facts.runningAll} of ${facts.maxTurns} turns running in all${waiting}.`,
    ...tookLines("Warm", facts.warm),
    ...tookLines("Cold", facts.cold),
    ...diskLines(facts.disks),
    `Parley ${facts.version}, Claude Code ${cliWords(facts.cli)}.`,
  ];
  return folded(join(lines.map(plain), "\n"));
}

function tookLines(name: string, medians: Medians | undefined): string[] {
  if (medians === undefined) return [];
  const { turns, firstShownMs, doneMs } = medians;
  const of = turns === 1 ? "the last turn" : `median of ${turns} turns`;
  return [`${name} start: first words after ${span(firstShownMs)}, all after ${span(doneMs)} (${of}).`];
}

function diskLines({ sessions, archives }: PulseFacts["disks"]): string[] {
  const isOne = sessions?.device === archives?.device;
  return [
    ...roomLine(isOne ? "Disk" : "Disk of the sessions", sessions),
    ...(isOne ? [] : roomLine("Disk of the archives", archives)),
  ];
}

function roomLine(name: string, disk: DiskSpace | undefined): string[] {
  if (disk === undefined) return [];
  return [`${name}: ${size(disk.freeBytes)} free of ${size(disk.totalBytes)}.`];
}

function cliWords(cli: CliState): string {
  if (cli === "asking") return "has not said its version yet";
  return cli === "missing" ? "not found" : cli.version;
}

function uptime(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return "less than a minute";
  if (minutes < 120) return count(minutes, "minute");
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? count(hours, "hour") : count(Math.floor(hours / 24), "day");
}
