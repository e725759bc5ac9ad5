/** Runs a command to its end, however that comes about. */
import { type ChildProcess, spawn } from "node:child_process";

export interface CommandResult {
  /** 0 only when the command ended by itself and was content. */
  readonly code: number;
  /** Whether it was ended because it took too long. */
  readonly timedOut: boolean;
  /** What it printed on stdout and stderr, at most the last {@link KEEP} characters. */
  readonly output: string;
  readonly seconds: number;
}

/** Printed text that is kept of one command. */
const KEEP = 64 * 1024;

const running = new Set<ChildProcess>();

/**
 * Runs `command` in `cwd`, with `env` beside our own environment, as a process group of its own. When it ends or `limitMs` is over the whole group is killed,
 * so that nothing which a test started outlives it.
 */
export function runCommand(
  command: readonly string[],
  cwd: string,
  limitMs: number,
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const [program = "", ...args] = command;
  const started = performance.now();
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  let output = "";
  let timedOut = false;
  const keep = (chunk: string): void => void (output = (output + chunk).slice(-KEEP));
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(child);
  }, limitMs);
  return new Promise((resolve) => {
    let code = 1;
    child.once("error", (error) => {
      keep(`${error.message}\n`);
      finish();
    });
    child.once("exit", (status) => {
      code = timedOut ? 1 : status ?? 1;
      killGroup(child); // whoever still holds the pipes would keep us waiting for "close"
    });
    child.once("close", finish);

    function finish(): void {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code, timedOut, output, seconds: (performance.now() - started) / 1000 });
    }
  });
}

/** Ends everything that {@link runCommand} started and that still runs. */
export function killAll(): void {
  for (const child of running) killGroup(child);
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // the group is gone already
  }
}
