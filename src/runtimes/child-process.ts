/** This program once more, as a child process that is talked to; works from source on Bun and Deno and as one binary. */
import { spawn } from "node:child_process";

/** How long the output of a child that has ended is waited for. */
const LAST_OUTPUT_MS = 1000;
/** How often a child looks whether it still has its parent. */
const ORPHAN_MS = 1000;

declare const Deno: { readonly build: { readonly standalone: boolean } };

/** What a child has to say, and how it ends. */
export interface ChildHandler {
  onMessage(message: string): void;
  /** Bytes of standard output or error, as they come. */
  onOutput(stream: "stdout" | "stderr", bytes: Uint8Array): void;
  /** The process is gone and everything that it printed was handed over. Called once. */
  onExit(code: number | null, signal: string | null): void;
}

export interface Child {
  readonly pid: number;
  /** A child that is gone hears nothing. */
  send(message: string): void;
  kill(): void;
}

/** Starts this program with other arguments. */
export function startSelf(args: readonly string[], handler: ChildHandler): Child {
  const child = spawn(process.execPath, [...ownArguments(), ...args], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let isOver = false;
  function over(code: number | null, signal: string | null): void {
    if (isOver) return;
    isOver = true;
    handler.onExit(code, signal);
  }
  child.on("message", (message) => handler.onMessage(String(message)));
  child.stdout?.on("data", (bytes: Uint8Array) => handler.onOutput("stdout", bytes));
  child.stderr?.on("data", (bytes: Uint8Array) => handler.onOutput("stderr", bytes));
  child.on("error", () => {
    // it could not be started, or a message was on its way when it ended
    if (child.pid === undefined) over(null, null);
  });
  child.on("close", over);
  // Deno never says "close" when the child has ended without having read everything that was sent to it.
  child.on("exit", (code, signal) => setTimeout(over, LAST_OUTPUT_MS, code, signal));
  return {
    pid: child.pid ?? 0,
    send(message) {
      if (child.connected) child.send(message, () => {});
    },
    kill: () => void child.kill("SIGKILL"),
  };
}

/** What stands between the runtime and the arguments of the program; nothing in a binary. */
function ownArguments(): string[] {
  const [, main = ""] = process.argv;
  if ("Deno" in globalThis) {
    // What deno.json says is said again: the image has none. Sharing ports is unstable on Deno.
    return Deno.build.standalone ? [] : ["run", "--quiet", "--allow-all", "--unstable-net", main];
  }
  // As in scripts/lib.sh: nothing counts that lies in the folder in which the program was started.
  return main.startsWith("/$bunfs/") ? [] : ["--no-env-file", "--config=/dev/null", main];
}

/** The other end: what a child that was started so has of its parent. */
export interface Parent {
  send(message: string): void;
  onMessage(listener: (message: string) => void): void;
  /** The parent is gone, however it ended. */
  onGone(listener: () => void): void;
}

/** Undefined in a process that was not started by {@link startSelf}. */
export function parentOf(): Parent | undefined {
  if (process.send === undefined) return undefined;
  return {
    send: (message) => void process.send?.(message),
    onMessage: (listener) => void process.on("message", (message) => listener(String(message))),
    onGone(listener) {
      const { ppid } = process;
      process.on("disconnect", listener);
      // Deno never says "disconnect" when the parent has ended without having read everything that was sent to it.
      setInterval(() => process.ppid !== ppid && listener(), ORPHAN_MS).unref();
    },
  };
}
