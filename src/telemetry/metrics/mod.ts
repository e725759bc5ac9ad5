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
import { registerProcess } from "./process.ts";
import { Traffic } from "./traffic.ts";

export interface Exposition {
  readonly contentType: string;
  /** The text in pieces. Between two of them the reader waits for its turn, so that traffic goes on. */
  readonly chunks: AsyncIterable<string>;
}

export interface Metrics {
  readonly observer: ExchangeObserver;
  readonly config: ConfigMetrics;
  /** A peer has reached a limit. */
  readonly limitHit: (limit: LimitName) => void;
  /** Tells what exists from now on; series of what does not are forgotten. */
  tableApplied(table: Table): void;
  expose(): Exposition;
}

export interface MetricsOptions {
  /** Labels of `albatross_build_info`. */
  readonly build: Readonly<Record<"version" | "runtime" | "runtime_version", string>>;
  /** Lines lost by the access log so far. */
  accessLogDropped(): number;
}

export function createMetrics({ build, accessLogDropped }: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const traffic = new Traffic();
  const families = [...trafficFamilies(traffic), ...albFamilies(traffic)];
  const config = registerConfig(registry);
  const limitHit = registerLimits(registry);
  registerProcess(registry);
  new Gauge({
    name: "albatross_build_info",
    help: "Always 1; the labels tell what is running.",
    labelNames: Object.keys(build),
    registers,
  }).set(build, 1);
  new Counter({
    name: "albatross_access_log_dropped_total",
    help: "Access log lines that nobody took in time.",
    registers,
    collect() {
      this.reset();
      this.inc(accessLogDropped());
    },
  });

  async function* chunks(): AsyncGenerator<string> {
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
    expose: () => ({ contentType: registry.contentType, chunks: chunks() }),
  };
}

/** Lets what waits on sockets and timers go first. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
