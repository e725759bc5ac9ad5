/** Child processes with their output kept line by line. */
import { type ChildProcess, spawn } from "node:child_process";
import { atEnd } from "./at-end.ts";
import { deadline, eventually } from "./wire.ts";

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface Process {
  readonly pid: number;
  /** Complete lines so far. */
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly exited: Promise<Exit>;
  /** undefined while it runs. */
  exit(): Exit | undefined;
  signal(name: "SIGTERM" | "SIGHUP" | "SIGKILL" | "SIGINT" | "SIGSTOP" | "SIGCONT"): void;
  /** The first line (from index `since`) that `test` accepts. */
  waitForLine(stream: "stdout" | "stderr", test: (line: string) => boolean, since?: number): Promise<string>;
}

/** No child outlives the tests. */
const running = new Set<ChildProcess>();
atEnd(() => running.forEach((child) => child.kill("SIGKILL")));

export function startProcess(
  command: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Process {
  const child = spawn(command[0]!, command.slice(1), {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  running.add(child);
  let exit: Exit | undefined;
  const exited = new Promise<Exit>((resolve) => {
    const done = (result: Exit) => {
      exit ??= result;
      running.delete(child);
      resolve(exit);
    };
    child.on("error", () => done({ code: 127, signal: null }));
    child.on("close", (code, signal) => done({ code, signal }));
  });
  const stdout = lines(child.stdout!);
  const stderr = lines(child.stderr!);
  return {
    pid: child.pid ?? 0,
    stdout,
    stderr,
    exited,
    exit: () => exit,
    // Not child.kill: Deno then reports the signal as the cause of the exit, whatever the exit code was.
    signal: (name) => void (exit === undefined && process.kill(child.pid!, name)),
    waitForLine(stream, test, since = 0) {
      const source = stream === "stdout" ? stdout : stderr;
      return eventually(
        () => source.slice(since).find(test),
        () => `no such line on ${stream}: ${test}; it has\n${source.slice(since).slice(-20).join("\n")}`,
      );
    },
  };
}

/** Runs a command to its end. */
export async function runProcess(
  command: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = startProcess(command, options);
  const { code } = await deadline(child.exited, () => {
    child.signal("SIGKILL");
    return `${command.join(" ")} did not end; stderr: ${child.stderr.join("\n")}`;
  }, 60_000);
  return { code, stdout: text(child.stdout), stderr: text(child.stderr) };
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

function lines(stream: NodeJS.ReadableStream): string[] {
  const complete: string[] = [];
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (piece: string) => {
    const parts = (rest + piece).split("\n");
    rest = parts.pop()!;
    complete.push(...parts);
  });
  stream.on("end", () => {
    if (rest !== "") complete.push(rest);
  });
  return complete;
}
