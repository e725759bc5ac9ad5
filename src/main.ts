/**
 * The program as a process: its output, its signals, its end, and what it runs on. What is put together with what when
 * it serves is in `serve.ts`. The only file, with `runtimes/`, that knows the process.
 */
import { resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import manifest from "../package.json" with { type: "json" };
import { type Command, EXIT } from "./cli/command.ts";
import { explain } from "./cli/explain.ts";
import { healthcheck } from "./cli/healthcheck.ts";
import { runCommandLine } from "./cli/main.ts";
import { printTo } from "./cli/output.ts";
import { runCommand, type RunMode } from "./cli/run.ts";
import { table } from "./cli/table.ts";
import { validateCommand } from "./cli/validate.ts";
import { type Build, versionCommand } from "./cli/version.ts";
import type { Settings } from "./config.ts";
import { type Gateway, NothingReadable } from "./gateway.ts";
import { loadMiddlewares } from "./middlewares/user.ts";
import { type Parent, parentOf, startSelf } from "./runtimes/child-process.ts";
import { grantedCpus } from "./runtimes/cpus.ts";
import { isListenedOn, listensOn, migrateQueues, queuesMigrate } from "./runtimes/listening-sockets.ts";
import { networkInterfaces } from "./runtimes/network-interfaces.ts";
import { nodeCodings } from "./runtimes/node-codings.ts";
import { nodeDigests } from "./runtimes/node-digests.ts";
import { createHttpCaller } from "./runtimes/node-http.ts";
import type { Runtime } from "./runtimes/runtime.ts";
import { standardOutput } from "./runtimes/standard-output.ts";
import { serve, StartError } from "./serve.ts";
import { HANDOVER_SIGNAL, type Processes } from "./takeover.ts";
import { createLineWriter } from "./telemetry/line-writer.ts";
import { createLogger, type Logger } from "./telemetry/log.ts";
import { runWorker } from "./workers/worker.ts";

const stdout = standardOutput("stdout");
const stderr = standardOutput("stderr");
/** How long the end of the program waits for whoever reads its logs. */
const LAST_LINES_MS = 1000;
/** First argument of the processes that a supervisor starts. */
const WORKER = "worker";

const runtimeName = "Bun" in globalThis ? "bun" : "deno";
const build: Build = {
  version: manifest.version,
  runtime: runtimeName,
  runtimeVersion: process.versions[runtimeName] ?? "",
};

const COMMANDS: readonly Command[] = [
  runCommand(run),
  validateCommand(importModule),
  explain,
  table,
  healthcheck,
  versionCommand(build),
];

const lines = {
  stdout: createLineWriter({ write: stdout }),
  stderr: createLineWriter({ write: stderr, flushMs: 5 }),
};
const services = {
  call: createHttpCaller(),
  codings: nodeCodings,
  digests: nodeDigests,
  interfaces: networkInterfaces,
};
const processes: Processes = {
  exists: (pid) => canSignal(pid, 0),
  signal: (pid, signal) => void process.kill(pid, signal),
  listensOn,
};

/** Serves until SIGTERM or SIGINT; returns the exit code. */
async function run(settings: Settings, mode: RunMode): Promise<number> {
  const log = loggerOf(settings);
  try {
    await serve(settings, mode, {
      build,
      pid: process.pid,
      cpus: grantedCpus(),
      runtime: await loadRuntime(),
      log,
      lines,
      services,
      processes,
      isListenedOn,
      queues: { migrate: queuesMigrate, turnOn: migrateQueues },
      startWorker: (handler) => startSelf([WORKER], handler),
      importModule,
      stopped: (gateway) => followSignals(gateway, log),
    });
    return EXIT.ok;
  } catch (error) {
    const isRefused = error instanceof StartError || error instanceof NothingReadable;
    log.error("cannot start", { error: isRefused ? error.message : error }); // where it came from is no matter then
    return isRefused ? EXIT.refused : EXIT.internal;
  } finally {
    await flushLines();
  }
}

/** Serves as the supervisor says, and never outlives it; returns the exit code. */
async function work(parent: Parent): Promise<number> {
  // Signals to a whole group are the supervisor's to follow.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", HANDOVER_SIGNAL] as const) {
    process.on(signal, () => {});
  }
  parent.onGone(() => process.exit(EXIT.internal));
  try {
    await runWorker({
      parent,
      runtime: await loadRuntime(),
      accessLines: lines.stdout,
      services,
      createLogger(settings) {
        const log = loggerOf(settings);
        surviveFaults(log);
        return log;
      },
      loadMiddlewares: (settings) => loadMiddlewares(settings.middleware, importModule),
    });
    return EXIT.ok;
  } catch {
    return EXIT.refused; // the supervisor tells why
  } finally {
    await flushLines();
  }
}

/**
 * SIGHUP reloads. Resolves at the first SIGTERM or SIGINT, of which the second ends the program at once, or when another
 * instance has taken over.
 */
function followSignals(gateway: Gateway, log: Logger): Promise<"drain" | "handover"> {
  process.on("SIGHUP", () => void gateway.reload().catch((error) => log.error("reload failed", { error })));
  surviveFaults(log);
  return new Promise((stop) => {
    let count = 0;
    for (const [signal, number] of [["SIGTERM", 15], ["SIGINT", 2]] as const) {
      process.on(signal, () => {
        if (++count > 1) process.exit(128 + number);
        stop("drain");
      });
    }
    process.on(HANDOVER_SIGNAL, () => stop("handover"));
  });
}

/** A fault in one exchange must not end all others; whatever could be caught was caught before. */
function surviveFaults(log: Logger): void {
  process.on("uncaughtException", (error) => log.error("uncaught exception", { error }));
  process.on("unhandledRejection", (error) => log.error("unhandled rejection", { error }));
}

function loggerOf({ logLevel, logFormat }: Settings): Logger {
  return createLogger({ level: logLevel, format: logFormat, write: lines.stderr.write });
}

async function flushLines(): Promise<void> {
  await Promise.all([lines.stderr.flush(LAST_LINES_MS), lines.stdout.flush(LAST_LINES_MS)]);
}

function canSignal(pid: number, signal: 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function importModule(path: string): Promise<unknown> {
  return import(pathToFileURL(resolve(path)).href);
}

async function loadRuntime(): Promise<Runtime> {
  return runtimeName === "bun"
    ? (await import("./runtimes/bun.ts")).bunRuntime
    : (await import("./runtimes/deno.ts")).denoRuntime;
}

const args = process.argv.slice(2);
const parent = args[0] === WORKER ? parentOf() : undefined;
process.exit(
  await (parent === undefined
    ? runCommandLine(COMMANDS, args, {
      stdout: (text) => printTo(stdout, text),
      stderr: (text) => printTo(stderr, text),
      env: process.env,
    })
    : work(parent)),
);
