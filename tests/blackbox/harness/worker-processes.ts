/** Processes of a gateway with several workers, as `/proc` has them. */
import { readdirSync, readFileSync } from "node:fs";
import type { Gateway } from "./gateway.ts";

/** Process ids of the workers, which are the children of the supervisor. */
export function workersOf({ process: { pid } }: Gateway): number[] {
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  return processes.filter((each) => Number(statOf(each)[1]) === pid);
}

export function isAlive(pid: number): boolean {
  const [state] = statOf(pid);
  return state !== undefined && state !== "Z";
}

/** Processor time that the process has had, in hundredths of a second. */
export function cpuTicks(pid: number): number {
  const fields = statOf(pid);
  return Number(fields[11]) + Number(fields[12]);
}

/** What follows the name in `/proc/PID/stat`: state, parent …; empty when the process is gone. */
function statOf(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}
