/**
 * Composition root: which parts there are and who gets whom. The only file, with `runtimes/`, that knows the process.
 *
 *     source ──► gateway ──► data plane ──► observer ──► metrics, access log
 *                   │            │                          │
 *                   └────────────┴─────► admin plane ◄──────┘
 */
import { resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import manifest from "../package.json" with { type: "json" };
import { adminApp } from "../routes/mod.ts";
import { adminPorts, serveAdmin } from "./admin.ts";
import { type Command, EXIT } from "./cli/command.ts";
import { explain } from "./cli/explain.ts";
import { translateOptions } from "./cli/load.ts";
import { runCommandLine } from "./cli/main.ts";
import { printTo } from "./cli/output.ts";
import { runCommand } from "./cli/run.ts";
import { table } from "./cli/table.ts";
import { validate } from "./cli/validate.ts";
import { type Build, versionCommand } from "./cli/version.ts";
import type { Settings } from "./config.ts";
import { createDataPlane } from "./data-plane.ts";
import { createGateway, type Gateway, NothingReadable } from "./gateway.ts";
import { formatEndpoint } from "./lib/endpoint.ts";
import { loadMiddlewares } from "./middlewares/user.ts";
import { networkInterfaces } from "./runtimes/network-interfaces.ts";
import { nodeDigests } from "./runtimes/node-digests.ts";
import { createHttpCaller } from "./runtimes/node-http.ts";
import type { Runtime } from "./runtimes/runtime.ts";
import { standardOutput } from "./runtimes/standard-output.ts";
import { createFileSource } from "./sources/file.ts";
import { withAccessLog } from "./telemetry/access-log/mod.ts";
import { createLineWriter, type LineWriter } from "./telemetry/line-writer.ts";
import { createLogger, type Logger } from "./telemetry/log.ts";
import { createMetrics } from "./telemetry/metrics/mod.ts";

const stdout = standardOutput("stdout");
const stderr = standardOutput("stderr");
/** How long the end of the program waits for whoever reads its logs. */
const LAST_LINES_MS = 1000;

const runtimeName = "Bun" in globalThis ? "bun" : "deno";
const build: Build = {
  version: manifest.version,
  runtime: runtimeName,
  runtimeVersion: process.versions[runtimeName] ?? "",
};

const COMMANDS: readonly Command[] = [runCommand(run), validate, explain, table, versionCommand(build)];

/** Serves until SIGTERM or SIGINT; returns the exit code. */
async function run(settings: Settings): Promise<number> {
  const logLines = createLineWriter({ write: stderr, flushMs: 5 });
  const accessLines = createLineWriter({ write: stdout });
  const log = createLogger({ level: settings.logLevel, format: settings.logFormat, write: logLines.write });
  try {
    return await serve(settings, log, accessLines);
  } catch (error) {
    log.error("cannot start", { error });
    return error instanceof StartError || error instanceof NothingReadable ? EXIT.refused : EXIT.internal;
  } finally {
    await Promise.all([logLines.flush(LAST_LINES_MS), accessLines.flush(LAST_LINES_MS)]);
  }
}

async function serve(settings: Settings, log: Logger, accessLines: LineWriter): Promise<number> {
  const metrics = createMetrics({
    build: { version: build.version, runtime: build.runtime, runtime_version: build.runtimeVersion },
    accessLogDropped: accessLines.dropped,
  });
  const middlewares = await loadMiddlewares(settings.middleware, importModule).catch(refuse);
  const dataPlane = createDataPlane({
    runtime: await loadRuntime(),
    observer: withAccessLog(metrics.observer, {
      rate: settings.accessLog,
      format: settings.accessLogFormat,
      writer: accessLines,
    }),
    bind: settings.bind,
    interfaces: networkInterfaces,
    limits: { ...settings.limits, hit: metrics.limitHit },
    middlewares,
    call: createHttpCaller(),
    digests: nodeDigests,
    report: (error) => log.error("fault while serving", { error }),
    changed: () => gateway.dataPlaneChanged(),
  });
  const gateway: Gateway = createGateway({
    source: createFileSource({ paths: settings.config }),
    dataPlane,
    translate: translateOptions(settings),
    log,
    metrics,
  });
  const stopped = followSignals(gateway, log);

  const runtime = `${build.runtime} ${build.runtimeVersion}`;
  const app = adminApp(
    adminPorts({ gateway, dataPlane, metrics, version: build.version, runtime }),
    (error) => log.error("fault in the admin plane", { error }),
  );
  const admin = await serveAdmin(app, settings.admin).catch(refuse);
  log.info("admin plane listens", { address: formatEndpoint({ ...settings.admin, port: admin.port }) });

  await gateway.start();
  const ports = dataPlane.listeners().map(({ protocol, port }) => `${protocol}/${port}`);
  log.info("ready", { version: build.version, runtime, listeners: ports });
  await stopped;
  await gateway.drain({ delayMs: settings.drainDelay, timeoutMs: settings.drainTimeout });
  admin.close();
  return EXIT.ok;
}

/** SIGHUP reloads. Resolves at the first SIGTERM or SIGINT; the second ends the program at once. */
function followSignals(gateway: Gateway, log: Logger): Promise<void> {
  process.on("SIGHUP", () => void gateway.reload().catch((error) => log.error("reload failed", { error })));
  // A fault in one exchange must not end all others; whatever could be caught was caught before.
  process.on("uncaughtException", (error) => log.error("uncaught exception", { error }));
  process.on("unhandledRejection", (error) => log.error("unhandled rejection", { error }));
  return new Promise((stop) => {
    let count = 0;
    for (const [signal, number] of [["SIGTERM", 15], ["SIGINT", 2]] as const) {
      process.on(signal, () => {
        if (++count > 1) process.exit(128 + number);
        stop();
      });
    }
  });
}

/** What the environment or the command line makes impossible: the program does not start. */
class StartError extends Error {}

function refuse(cause: unknown): never {
  throw new StartError(cause instanceof Error ? cause.message : String(cause), { cause });
}

function importModule(path: string): Promise<unknown> {
  return import(pathToFileURL(resolve(path)).href);
}

async function loadRuntime(): Promise<Runtime> {
  return runtimeName === "bun"
    ? (await import("./runtimes/bun.ts")).bunRuntime
    : (await import("./runtimes/deno.ts")).denoRuntime;
}

process.exit(
  await runCommandLine(COMMANDS, process.argv.slice(2), {
    stdout: (text) => printTo(stdout, text),
    stderr: (text) => printTo(stderr, text),
    env: process.env,
  }),
);
