/** What a process costs, from /proc, and what a series of figures says. */
import { readdirSync, readFileSync } from "node:fs";

export const MEGABYTE = 1024 * 1024;

/** Resident memory in megabytes. */
export function residentMegabytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))![1]) / 1024;
}

export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Soft limit of open descriptors, of this process and of those it starts. */
export function descriptorLimit(): number {
  return Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1] ?? 1024);
}

export interface Sample {
  /** Seconds. */
  readonly at: number;
  readonly value: number;
}

/** Slope of the line through the samples per minute, as the median of the slopes of all pairs (Theil and Sen). */
export function slopePerMinute(samples: readonly Sample[]): number {
  const slopes = samples.flatMap((a, index) =>
    samples.slice(index + 1).map((b) => (60 * (b.value - a.value)) / (b.at - a.at))
  );
  return slopes.length === 0 ? 0 : percentile(slopes, 0.5);
}

/** The least of every `seconds`, so that the moods of a garbage collector do not count. */
export function floors(samples: readonly Sample[], seconds: number): Sample[] {
  const least = new Map<number, Sample>();
  for (const sample of samples) {
    const window = Math.floor(sample.at / seconds);
    const known = least.get(window);
    if (known === undefined || sample.value < known.value) least.set(window, sample);
  }
  return [...least.values()];
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
