/** How many workers serve when nobody says (data-plane spec 8.3). */

/** `workerLimit` of an ALB2 that sets none. */
const DEFAULT_LIMIT = 8;
/** What ALB takes a limit of 0 for. */
const ZERO_LIMIT = 4;

/** One for each processor that is granted, also for a part of one; at most `limit`, at least one. */
export function workerCount(cpus: number, limit = DEFAULT_LIMIT): number {
  return Math.max(1, Math.min(Math.ceil(cpus), limit === 0 ? ZERO_LIMIT : limit));
}

/** Processors in a quantity of Kubernetes: `2`, `"2.5"`, `"1800m"`; undefined when it is none. */
export function parseCpu(quantity: string | number): number | undefined {
  const parts = /^(\d+(?:\.\d*)?|\.\d+)(m?)$/.exec(String(quantity).trim());
  return parts === null ? undefined : Number(parts[1]) / (parts[2] === "m" ? 1000 : 1);
}
