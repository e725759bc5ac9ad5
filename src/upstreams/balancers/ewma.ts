/**
 * Peak EWMA: the endpoint that promises the faster answer, of two random ones. The promise is a moving average of the
 * time to the head of the answer, times the requests under way, by weight. A slow answer counts at once and in full, a
 * fast one only as time passes, and what was not asked for a while is forgotten, so that it is tried again.
 */
import type { EndpointPool, Poolable } from "../pool.ts";
import type { UpstreamEndpoint } from "../upstream.ts";
import type { Balancer, BalancerTools } from "./balancer.ts";
import type { Eligible } from "./eligible.ts";
import { sampler } from "./random.ts";
import { betterOfTwo } from "./two-choices.ts";

/** After this time 1/e of an observation is left. */
const DECAY_MS = 10_000;

/** A failure counts as an answer that slow: who refuses quickly must not look like the fastest. */
const FAILURE_MS = 5_000;

/** Below it differences are noise. */
const LEAST_MS = 0.1;

interface Observed {
  ms: number;
  at: number;
}

/** By pool, which outlives changes of the table. */
type Observations = WeakMap<EndpointPool<Poolable>, Observed>;

export function ewma(
  endpoints: readonly UpstreamEndpoint[],
  tools: BalancerTools,
  observations: Observations = new WeakMap(),
): Balancer {
  const draw = sampler(endpoints, tools);

  function latencyOf({ pool }: UpstreamEndpoint, now: number): number {
    const observed = observations.get(pool);
    return observed === undefined ? 0 : observed.ms * Math.exp((observed.at - now) / DECAY_MS);
  }

  function observe(endpoint: UpstreamEndpoint, ms: number): void {
    const now = tools.now();
    const observed = observations.get(endpoint.pool);
    if (observed === undefined) {
      observations.set(endpoint.pool, { ms, at: now });
      return;
    }
    const share = Math.exp((observed.at - now) / DECAY_MS);
    observed.ms = ms > observed.ms ? ms : observed.ms * share + ms * (1 - share);
    observed.at = now;
  }

  return {
    pick(tried) {
      const now = tools.now();
      function loadOf({ endpoint, weight }: Eligible): number {
        return Math.max(latencyOf(endpoint, now), LEAST_MS) * (endpoint.pool.active + 1) / weight;
      }
      return betterOfTwo(draw, tried, loadOf);
    },
    answered: (endpoint, _exchange, ms) => observe(endpoint, ms),
    failed: (endpoint) => observe(endpoint, FAILURE_MS),
    renew: (next) => ewma(next, tools, observations),
  };
}
