/** What the process costs, under the names that dashboards of other programs use. */
import { readdirSync, readFileSync } from "node:fs";
import { cpuUsage, memoryUsage } from "node:process";
import { Counter, Gauge, type Registry } from "prom-client";

/** How often the event loop is asked whether it is on time. */
const LAG_INTERVAL_MS = 500;

/** What one process costs. */
export interface ProcessFigures {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** Null where the system does not tell. */
  readonly openDescriptors: number | null;
  /** Longest delay of the event loop since the figures were read before. */
  readonly lagSeconds: number;
}

/** Returns what reads the figures of this process. */
export function watchProcess(): () => ProcessFigures {
  const lag = watchEventLoop();
  const countsDescriptors = hasProc();
  return () => {
    const { user, system } = cpuUsage();
    const { rss, heapUsed } = memoryUsage();
    return {
      cpuSeconds: (user + system) / 1e6,
      residentBytes: rss,
      heapBytes: heapUsed,
      openDescriptors: countsDescriptors ? readdirSync("/proc/self/fd").length : null,
      lagSeconds: lag(),
    };
  };
}

/**
 * prom-client's own collectors are not used: under Bun and Deno several of theirs are empty or wrong (heap spaces,
 * handles), and a metric that always says 0 is worse than none. `others` are further processes of this gateway: costs
 * are added up, of what has a limit for each process the highest counts.
 */
export function registerProcess(registry: Registry, others: () => readonly ProcessFigures[]): void {
  const registers = [registry];
  const own = watchProcess();
  const value = { cpu: 0, resident: 0, heap: 0, descriptors: 0, lag: 0 };
  const cpu = new Counter({
    name: "process_cpu_seconds_total",
    help: "User and system CPU time.",
    registers,
    // The first to be collected: the others print what it has read.
    collect() {
      const all = [own(), ...others()];
      const sum = (read: (figures: ProcessFigures) => number) => all.reduce((sum, one) => sum + read(one), 0);
      const highest = (read: (figures: ProcessFigures) => number) => Math.max(...all.map(read));
      value.cpu = sum(({ cpuSeconds }) => cpuSeconds);
      value.resident = sum(({ residentBytes }) => residentBytes);
      value.heap = sum(({ heapBytes }) => heapBytes);
      value.descriptors = highest(({ openDescriptors }) => openDescriptors ?? 0);
      value.lag = highest(({ lagSeconds }) => lagSeconds);
      this.reset();
      this.inc(value.cpu);
    },
  });
  cpu.inc(0);
  gauge(registry, "process_resident_memory_bytes", "Resident memory.", () => value.resident);
  gauge(registry, "process_heap_bytes", "JavaScript heap in use.", () => value.heap);
  gauge(
    registry,
    "process_start_time_seconds",
    "Start of the process since the epoch.",
    () => performance.timeOrigin / 1000,
  );
  if (hasProc()) {
    const max = maxDescriptors();
    gauge(registry, "process_open_fds", "Open file descriptors.", () => value.descriptors);
    gauge(registry, "process_max_fds", "Most file descriptors that may be open.", () => max);
  }
  gauge(
    registry,
    "albatross_event_loop_lag_seconds",
    "Longest delay of the event loop since the last scrape.",
    () => value.lag,
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
