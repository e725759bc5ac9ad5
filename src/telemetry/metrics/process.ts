/** What the process costs, under the names that dashboards of other programs use. */
import { readdirSync, readFileSync } from "node:fs";
import { cpuUsage, memoryUsage } from "node:process";
import { Counter, Gauge, type Registry } from "prom-client";

/** How often the event loop is asked whether it is on time. */
const LAG_INTERVAL_MS = 500;

/**
 * prom-client's own collectors are not used: under Bun and Deno several of theirs are empty or wrong (heap spaces,
 * handles), and a metric that always says 0 is worse than none.
 */
export function registerProcess(registry: Registry): void {
  const cpu = new Counter({
    name: "process_cpu_seconds_total",
    help: "User and system CPU time.",
    registers: [registry],
    collect() {
      const { user, system } = cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  cpu.inc(0);
  gauge(registry, "process_resident_memory_bytes", "Resident memory.", () => memoryUsage().rss);
  gauge(registry, "process_heap_bytes", "JavaScript heap in use.", () => memoryUsage().heapUsed);
  gauge(
    registry,
    "process_start_time_seconds",
    "Start of the process since the epoch.",
    () => performance.timeOrigin / 1000,
  );
  if (hasProc()) {
    gauge(registry, "process_open_fds", "Open file descriptors.", () => readdirSync("/proc/self/fd").length);
    gauge(registry, "process_max_fds", "Most file descriptors that may be open.", maxDescriptors);
  }
  gauge(
    registry,
    "albatross_event_loop_lag_seconds",
    "Longest delay of the event loop since the last scrape.",
    watchEventLoop(),
  );
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

function hasProc(): boolean {
  try {
    return maxDescriptors() > 0;
  } catch {
    return false;
  }
}

function maxDescriptors(): number {
  const line = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
  return line === null ? Infinity : Number(line[1]);
}

/** Returns what reads, and resets, the longest delay in seconds. */
function watchEventLoop(): () => number {
  let due = performance.now() + LAG_INTERVAL_MS;
  let longest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - due);
    due = now + LAG_INTERVAL_MS;
  }, LAG_INTERVAL_MS);
  timer.unref();
  return () => {
    const seconds = Math.max(longest, performance.now() - due, 0) / 1000;
    longest = 0;
    return seconds;
  };
}
