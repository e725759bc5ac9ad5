/** Whether the configuration that was written is the one that serves. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { Problem } from "../../errors.ts";

export interface ConfigMetrics {
  /** A configuration was read; `successful` = nothing older than it is served. `at` in milliseconds since the epoch. */
  reloaded(successful: boolean, at: number): void;
  /** Everything that is wrong now. */
  problems(problems: readonly Problem[]): void;
}

export function registerConfig(registry: Registry): ConfigMetrics {
  const registers = [registry];
  const successful = new Gauge({
    name: "albatross_config_last_reload_successful",
    help: "1 when the configuration read last is served, 0 when an older one is.",
    registers,
  });
  const successAt = new Gauge({
    name: "albatross_config_last_reload_success_timestamp_seconds",
    help: "When a configuration was last taken into service, since the epoch.",
    registers,
  });
  const reloads = new Counter({
    name: "albatross_config_reloads_total",
    help: "Configurations read, by result.",
    labelNames: ["result"],
    registers,
  });
  const problemCount = new Gauge({
    name: "albatross_config_problems",
    help: "What is refused now, by severity.",
    labelNames: ["severity"],
    registers,
  });
  for (const result of ["success", "failure"]) reloads.inc({ result }, 0);
  return {
    reloaded(isSuccessful, at) {
      successful.set(Number(isSuccessful));
      reloads.inc({ result: isSuccessful ? "success" : "failure" });
      if (isSuccessful) successAt.set(at / 1000);
    },
    problems(problems) {
      const count = { error: 0, warning: 0 };
      for (const { severity } of problems) count[severity]++;
      for (const [severity, value] of Object.entries(count)) problemCount.set({ severity }, value);
    },
  };
}
