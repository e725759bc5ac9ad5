/** Everything on `/metrics`, and the observer that feeds it. Documented in `docs/metrics-and-logs.md`. */
import { Counter, Gauge, Registry } from "prom-client";
import type { LimitName } from "../../errors.ts";
import type { Table } from "../../table/table.ts";
import type { ExchangeObserver } from "../record.ts";
import { albFamilies } from "./alb-families.ts";
import { type ConfigMetrics, registerConfig } from "./config.ts";
import { trafficFamilies } from "./families.ts";
import { printFamilies } from "./family.ts";
import { registerLimits } from "./limits.ts";
import { type ProcessFigures, registerProcess } from "./process.ts";
import { Traffic } from "./traffic.ts";
import { TrafficSum } from "./traffic-sum.ts";

export interface Exposition {
  readonly contentType: string;
  /** The text in pieces. Between two of them the reader waits for its turn, so that traffic goes on. */
  readonly chunks: AsyncIterable<string>;
}

export interface Metrics {
  readonly observer: ExchangeObserver;
  readonly config: ConfigMetrics;
  /** A peer has reached a limit. */
  readonly limitHit: (limit: LimitName, count?: number) => void;
  /** Tells what exists from now on; series of what does not are forgotten. */
  tableApplied(table: Table): void;
  /** Where other processes put their counts. */
  readonly sum: TrafficSum;
  expose(): Exposition;
}

/** The processes that serve traffic. */
export interface WorkerFigures {
  /** Brings the rest up to date. */
  refresh(): Promise<void>;
  /** How many serve now. */
  serving(): number;
  /** How often one was replaced. */
  restarts(): number;
  /** Of those that are not this process, the dead included. */
  processes(): readonly ProcessFigures[];
}

export interface MetricsOptions {
  /** Labels of `albatross_build_info`. */
  readonly build: Readonly<Record<"version" | "runtime" | "runtime_version", string>>;
  /** Lines lost by the access log so far. */
  accessLogDropped(): number;
  /** The same of the program's own log. */
  logDropped?(): number;
  readonly workers?: WorkerFigures;
}

/** This process alone. */
const ALONE: WorkerFigures = {
  refresh: async () => {},
  serving: () => 1,
  restarts: () => 0,
  processes: () => [],
};

export function createMetrics(
  { build, accessLogDropped, logDropped = () => 0, workers = ALONE }: MetricsOptions,
): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const traffic = new Traffic();
  const families = [...trafficFamilies(traffic), ...albFamilies(traffic)];
  const config = registerConfig(registry);
  const limitHit = registerLimits(registry);
  registerProcess(registry, () => workers.processes());
  new Gauge({
    name: "albatross_build_info",
    help: "Always 1; the labels tell what is running.",
    labelNames: Object.keys(build),
    registers,
  }).set(build, 1);
  for (const [log, dropped] of [["access_log", accessLogDropped], ["log", logDropped]] as const) {
    new Counter({
      name: `albatross_${log}_dropped_total`,
      help: `${
        log === "log" ? "Lines of the program's own log" : "Access log lines"
      } that nobody took in time.`,
      registers,
      collect() {
        this.reset();
        this.inc(dropped());
      },
    });
  }

  new Gauge({
    name: "albatross_workers",
    help: "Processes that serve traffic.",
    registers,
    collect() {
      this.set(workers.serving());
    },
  });
  new Counter({
    name: "albatross_worker_restarts_total",
    help: "Workers that ended by themselves and were replaced.",
    registers,
    collect() {
      this.reset();
      this.inc(workers.restarts());
    },
  });

  async function* chunks(): AsyncGenerator<string> {
    await workers.refresh();
    traffic.prune();
    for (const chunk of printFamilies(families)) {
      yield chunk;
      await nextTurn();
    }
    yield await registry.metrics();
  }

  return {
    observer: traffic,
    config,
    limitHit,
    tableApplied: (table) => traffic.tableApplied(table),
    sum: new TrafficSum(traffic),
    expose: () => ({ contentType: registry.contentType, chunks: chunks() }),
  };
}

/** Lets what waits on sockets and timers go first. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
