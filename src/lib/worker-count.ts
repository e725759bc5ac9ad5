/** How many processes serve traffic, from `resources.limits.cpu` and `workerLimit` of an ALB2 (data-plane spec 8.3). */

const DEFAULT_LIMIT = 8;
/** What ALB takes a limit of 0 for. */
const ZERO_LIMIT = 4;

/** As many as the processors that were granted, rounded up, at most `workerLimit`, at least one. */
export function workerCount(cpuLimit: string | number | undefined, workerLimit = DEFAULT_LIMIT): number {
  const cpus = cpuLimit === undefined ? undefined : parseCpu(cpuLimit);
  const most = workerLimit === 0 ? ZERO_LIMIT : workerLimit;
  return Math.max(1, Math.min(Math.ceil(cpus ?? 1), most));
}

/** Processors in a quantity of Kubernetes: `2`, `"2.5"`, `"1800m"`; undefined when it is none. */
export function parseCpu(quantity: string | number): number | undefined {
  const parts = /^(\d+(?:\.\d*)?|\.\d+)(m?)$/.exec(String(quantity).trim());
  return parts === null ? undefined : Number(parts[1]) / (parts[2] === "m" ? 1000 : 1);
}
