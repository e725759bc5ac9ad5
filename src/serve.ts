/**
 * `albatross run`: which parts there are and who gets whom.
 *
 *     source ──► gateway ──► data plane ──► observer ──► metrics, access log
 *                   │            │                          │
 *                   └────────────┴─────► admin plane ◄──────┘
 *
 * With several workers the data plane is a supervisor, and each worker has one like that of a single process.
 */
import { adminApp } from "../routes/mod.ts";
import { adminPorts, type AdminServer, serveAdmin } from "./admin.ts";
import { translateOptions } from "./cli/load.ts";
import type { RunMode } from "./cli/run.ts";
import type { Build } from "./cli/version.ts";
import type { Settings } from "./config.ts";
import type { DataPlane } from "./data-plane.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import { formatEndpoint } from "./lib/endpoint.ts";
import { createDataPlane, type DataPlaneOptions } from "./live-data-plane.ts";
import { loadMiddlewares } from "./middlewares/user.ts";
import type { Runtime } from "./runtimes/runtime.ts";
import { createFileSource } from "./sources/file.ts";
import { findPredecessor, hasEnded, type Predecessor, type Processes, takeOver } from "./takeover.ts";
import { withAccessLog } from "./telemetry/access-log/mod.ts";
import type { LineWriter } from "./telemetry/line-writer.ts";
import type { Logger } from "./telemetry/log.ts";
import { createMetrics, type Metrics } from "./telemetry/metrics/mod.ts";
import { workerCount } from "./workers/count.ts";
import { PortGuard, sharePorts } from "./workers/ports.ts";
import type { StartWorker } from "./workers/slot.ts";
import { Supervisor } from "./workers/supervisor.ts";

/** What the process that it runs in provides. */
export interface Host {
  readonly build: Build;
  readonly pid: number;
  /** Processors that may be used. */
  readonly cpus: number;
  readonly runtime: Runtime;
  readonly log: Logger;
  readonly lines: Readonly<Record<"stdout" | "stderr", LineWriter>>;
  readonly services: Pick<DataPlaneOptions, "call" | "codings" | "digests" | "interfaces">;
  readonly processes: Processes;
  readonly queues: KernelQueues;
  /** Whether anybody listens on a port; true if that is not known. */
  isListenedOn(port: number): boolean;
  readonly startWorker: StartWorker;
  importModule(path: string): Promise<unknown>;
  /** Resolves when the gateway is to stop, or when another instance has taken over. */
  stopped(gateway: Gateway): Promise<"drain" | "handover">;
}

/** What becomes of connections that wait at a listener of ours when it is closed and others share its port. */
export interface KernelQueues {
  /** Whether the others get them. */
  migrate(): boolean;
  /** Sees to it; answers whether that was possible. */
  turnOn(): boolean;
}

/** What the environment or the command line makes impossible: the program does not start. */
export class StartError extends Error {}

/** Resolves when traffic has ended. */
export async function serve(settings: Settings, mode: RunMode, host: Host): Promise<void> {
  const { log, build } = host;
  const predecessor = mode.takeover ? await successionOf(settings, host) : undefined;
  const ports = new PortGuard(host.runtime, predecessor?.ports, host.isListenedOn);
  const count = settings.workers ?? workerCount(host.cpus);
  const parts = await (count === 1 ? single : several)({
    settings,
    host,
    ports,
    count,
    changed: () => gateway.dataPlaneChanged(),
  });
  const { dataPlane, metrics, refresh } = parts;
  const gateway: Gateway = createGateway({
    source: createFileSource({ paths: settings.config }),
    dataPlane,
    translate: translateOptions(settings),
    log,
    metrics,
  });
  const stopped = host.stopped(gateway);

  const runtime = `${build.runtime} ${build.runtimeVersion}`;
  const app = adminApp(
    adminPorts({
      gateway,
      dataPlane,
      metrics,
      refresh,
      version: build.version,
      runtime,
      pid: host.pid,
      workers: count,
    }),
    (error) => log.error("fault in the admin plane", { error }),
  );
  async function openAdmin(): Promise<AdminServer> {
    const admin = await serveAdmin(app, settings.admin).catch((error: Error & { code?: string }) => {
      const why = error.code === "EADDRINUSE" ? "it is in use (EADDRINUSE)" : error.code ?? error.message;
      throw new StartError(`--admin ${formatEndpoint(settings.admin)} cannot be listened on: ${why}`);
    });
    log.info("admin plane listens", { address: formatEndpoint({ ...settings.admin, port: admin.port }) });
    return admin;
  }

  let admin: AdminServer;
  if (predecessor === undefined) {
    admin = await openAdmin().catch(refuse);
    await gateway.start();
  } else {
    await gateway.start();
    const { stale } = predecessor;
    if (stale.length > 0) {
      log.warn("last good versions that the instance before serves are lost with it", { stale });
    }
    const { ready, reasons } = gateway.readiness();
    if (!ready) throw new StartError(`not taken over, for this instance is not ready: ${reasons.join("; ")}`);
    // It stays on: another instance may be in the middle of the same.
    if (!host.queues.migrate() && host.queues.turnOn()) log.info("net.ipv4.tcp_migrate_req is set to 1");
    admin = await takeOver(predecessor, host.processes, openAdmin).catch(refuse);
    log.info("taken over", { pid: predecessor.pid, version: predecessor.version });
    void hasEnded(predecessor, host.processes).then(() => {
      ports.inheritNothing();
      log.info("the instance before has ended", { pid: predecessor.pid });
    });
  }
  const serving = dataPlane.listeners().filter(({ state }) => state === "serving"); // the others were reported
  const listeners = serving.map(({ protocol, port }) => `${protocol}/${port}`);
  log.info("ready", { version: build.version, runtime, workers: count, listeners });
  const isHandover = await stopped === "handover";
  // The successor waits for its address.
  if (isHandover) admin.close();
  if (isHandover && !host.queues.migrate()) {
    log.warn(
      "connections that arrive while a port is given away may be lost: net.ipv4.tcp_migrate_req is not 1",
    );
  }
  await gateway.drain({
    delayMs: settings.drainDelay,
    timeoutMs: settings.drainTimeout,
    handover: isHandover,
  });
  admin.close();
}

async function successionOf({ admin }: Settings, { processes, log }: Host): Promise<Predecessor | undefined> {
  const predecessor = await findPredecessor(admin, processes).catch(refuse);
  if (predecessor === undefined) log.info("nothing to take over", { address: formatEndpoint(admin) });
  else log.info("taking over", { pid: predecessor.pid, version: predecessor.version });
  return predecessor;
}

interface PlaneOptions {
  readonly settings: Settings;
  readonly host: Host;
  readonly ports: PortGuard;
  readonly count: number;
  changed(): void;
}

interface Plane {
  readonly dataPlane: DataPlane;
  readonly metrics: Metrics;
  /** Brings up to date what the data plane and the metrics say. */
  refresh(): Promise<void>;
}

/** Everything in this process. */
async function single({ settings, host, ports, changed }: PlaneOptions): Promise<Plane> {
  const { lines, log, services } = host;
  const metrics = createMetrics({
    build: buildLabels(host),
    accessLogDropped: lines.stdout.dropped,
    logDropped: lines.stderr.dropped,
  });
  const dataPlane = createDataPlane({
    ...services,
    runtime: sharePorts(host.runtime, ports.claimsOf(host)),
    observer: withAccessLog(metrics.observer, {
      rate: settings.accessLog,
      format: settings.accessLogFormat,
      writer: lines.stdout,
    }),
    bind: settings.bind,
    limits: { ...settings.limits, hit: metrics.limitHit },
    middlewares: await loadMiddlewares(settings.middleware, host.importModule).catch(refuse),
    report: (error) => log.error("fault while serving", { error }),
    changed,
  });
  return { dataPlane, metrics, refresh: async () => {} };
}

async function several({ settings, host, ports, count, changed }: PlaneOptions): Promise<Plane> {
  const { log, lines, startWorker } = host;
  const supervisor = new Supervisor({
    count,
    settings,
    startWorker,
    ports,
    log,
    lines,
    changed: () => isStarted && changed(),
  });
  let isStarted = false;
  const metrics = createMetrics({
    build: buildLabels(host),
    accessLogDropped: () => lines.stdout.dropped() + supervisor.droppedLines(),
    logDropped: lines.stderr.dropped,
    workers: supervisor,
  });
  await supervisor.start(metrics).catch(refuse);
  isStarted = true;
  return { dataPlane: supervisor, metrics, refresh: () => supervisor.refresh() };
}

function buildLabels({ build: { version, runtime, runtimeVersion } }: Host) {
  return { version, runtime, runtime_version: runtimeVersion };
}

function refuse(cause: unknown): never {
  if (cause instanceof StartError) throw cause;
  throw new StartError(cause instanceof Error ? cause.message : String(cause), { cause });
}
