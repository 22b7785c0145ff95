/** What a process holds in memory, as the kernel counts it. Only Linux. */
import { readFileSync } from "node:fs";

/** Resident memory in MB. */
export function rssMb(pid: number): number {
  const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}
