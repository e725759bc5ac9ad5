/** Processes under measurement: how they are started, watched and ended. Linux only, as are nginx's and our figures. */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";

/** USER_HZ, the same on every Linux that we run on. */
const TICKS_PER_SECOND = 100;

const running = new Set<ChildProcess>();

export interface Started {
  readonly pid: number;
  /** Whether it has ended. */
  readonly ended: () => boolean;
  stop(): Promise<void>;
}

export interface StartOptions {
  /** The core that it and its threads are bound to. */
  readonly core: number;
  /** Where its stdout goes: a file descriptor, or nowhere. */
  readonly stdout?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts `command` on one core; what it says on stderr is shown only when it ends before it is stopped. */
export function start(command: readonly string[], options: StartOptions): Started {
  const { core, stdout = "ignore", env = {} } = options;
  const child = spawn("taskset", ["-c", String(core), ...command], {
    stdio: ["ignore", stdout, "pipe"],
    env: { ...process.env, ...env },
  });
  running.add(child);
  let stderr = "";
  let stopping = false;
  child.stderr?.setEncoding("utf8").on(
    "data",
    (text: string) => void (stderr = (stderr + text).slice(-4000)),
  );
  child.once("error", (error) => console.error(`${command[0]}: ${error.message}`));
  const ended = new Promise<void>((resolve) =>
    child.once("close", () => {
      running.delete(child);
      if (!stopping) console.error(`${command.join(" ")} ended by itself:\n${stderr}`);
      resolve();
    })
  );
  return {
    pid: child.pid ?? 0,
    ended: () => child.exitCode !== null || child.signalCode !== null,
    stop() {
      stopping = true;
      child.kill("SIGTERM");
      const patience = setTimeout(() => child.kill("SIGKILL"), 3000);
      return ended.finally(() => clearTimeout(patience));
    },
  };
}

/** Ends at once whatever still runs. */
export function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** The process and all its descendants. */
export function family(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (/^\d+$/.test(name)) parents.set(Number(name), Number(statFields(Number(name))[1] ?? 0));
  }
  const found = [pid];
  for (const member of found) {
    for (const [child, parent] of parents) if (parent === member) found.push(child);
  }
  return found;
}

/** Processor time spent so far, user and system, in seconds. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce(
    (sum, pid) => sum + Number(statFields(pid)[11] ?? 0) + Number(statFields(pid)[12] ?? 0),
    0,
  ) /
    TICKS_PER_SECOND;
}

/** Processor time that this benchmark spent so far: itself, what it started, and what of that has ended. */
function ownSeconds(): number {
  const started = [...running].flatMap(({ pid }) => pid === undefined ? [] : family(pid));
  const reaped = statFields(process.pid).slice(13, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
  return cpuSeconds([process.pid, ...started]) + reaped / TICKS_PER_SECOND;
}

/** Time that the cores were not idle so far, what the host of a virtual machine kept from them included. */
function machineSeconds(): number {
  const fields =
    readFileSync("/proc/stat", "utf8").split("\n", 1)[0]?.trim().split(/ +/).slice(1).map(Number) ?? [];
  const [user = 0, nice = 0, system = 0, _idle, _waiting, irq = 0, softIrq = 0, steal = 0] = fields;
  return (user + nice + system + irq + softIrq + steal) / TICKS_PER_SECOND;
}

/** Seconds of processor time that went to others than this benchmark so far. */
export function foreignSeconds(): number {
  return machineSeconds() - ownSeconds();
}

/** Resident memory in megabytes, shared pages counted once per process. */
export function residentMegabytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return sum + Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
  }, 0);
}

/** The fields of /proc/PID/stat behind the name, the state being number 0; empty for a process that is gone. */
function statFields(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

/** A port of 127.0.0.1 that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Waits until somebody listens on the port. */
export async function untilListening(port: number, what: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const listening = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("close", () => socket.destroy());
      setTimeout(() => socket.destroy(), 1000).unref();
    });
    if (listening) return;
    await pause(100);
  }
  throw new Error(`${what} does not listen on port ${port}`);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
