/** How often peers have reached a limit. */
import { Counter, type Registry } from "prom-client";
import { LIMIT_NAMES, type LimitName } from "../../errors.ts";

/** Returns what counts one, or several. Every limit has a series from the start, so that an alert on its rate sees the first one. */
export function registerLimits(registry: Registry): (limit: LimitName, count?: number) => void {
  const hits = new Map<LimitName, number>(LIMIT_NAMES.map((limit) => [limit, 0]));
  new Counter({
    name: "albatross_limit_hits_total",
    help: "How often a peer has reached a limit, by its name.",
    labelNames: ["limit"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [limit, count] of hits) this.inc({ limit }, count);
    },
  });
  return (limit, count = 1) => void hits.set(limit, (hits.get(limit) ?? 0) + count);
}
