/** How many processors this process may use. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";

const ROOT = "/sys/fs/cgroup";

/** Processors of the machine, or what the control groups grant of them if that is less; may be a fraction. */
export function grantedCpus(): number {
  return Math.min(availableParallelism(), cgroupCpus());
}

/** The smallest quota from our own group up to the root; Infinity where there is none. `read` is for tests. */
export function cgroupCpus(read: (path: string) => string | undefined = readText): number {
  let granted = Infinity;
  for (const line of (read("/proc/self/cgroup") ?? "").split("\n")) {
    const [id = "", controllers = "", ...path] = line.split(":");
    const isUnified = id === "0" && controllers === "";
    if (!isUnified && !controllers.split(",").includes("cpu")) continue;
    const mount = isUnified ? ROOT : join(ROOT, controllers);
    for (let group = path.join(":") || "/";; group = dirname(group)) {
      const folder = join(mount, group);
      granted = Math.min(granted, isUnified ? unifiedQuota(folder, read) : legacyQuota(folder, read));
      if (group === dirname(group)) break;
    }
  }
  return granted;
}

type Read = (path: string) => string | undefined;

/** cgroup v2: `MAX PERIOD`. */
function unifiedQuota(folder: string, read: Read): number {
  const [quota, period] = (read(join(folder, "cpu.max")) ?? "").trim().split(" ");
  return ratio(quota, period);
}

/** cgroup v1; without a quota it is -1. */
function legacyQuota(folder: string, read: Read): number {
  return ratio(read(join(folder, "cpu.cfs_quota_us")), read(join(folder, "cpu.cfs_period_us")));
}

function ratio(quota: string | undefined, period: string | undefined): number {
  const cpus = Number(quota ?? NaN) / Number(period ?? NaN);
  return cpus > 0 ? cpus : Infinity;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
