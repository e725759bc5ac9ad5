/**
 * Smooth weighted round robin: every pick raises each endpoint's credit by its weight, takes the one with the highest
 * credit and charges it the sum. Over any window of `sum` picks each endpoint is taken `weight` times, evenly spread.
 */
import type { UpstreamEndpoint } from "../upstream.ts";
import type { Balancer } from "./balancer.ts";
import { eligibleOf } from "./eligible.ts";

export function roundRobin(endpoints: readonly UpstreamEndpoint[]): Balancer {
  const weighted = eligibleOf(endpoints);
  const eligible = weighted.map(({ endpoint }) => endpoint);
  const weights = weighted.map(({ weight }) => weight);
  const credits = weights.map(() => 0);
  const only = eligible.length === 1 ? eligible[0] : undefined;
  // Processes that start together must not all begin with the same endpoint.
  for (let spin = Math.floor(Math.random() * eligible.length); spin > 0; spin--) take([]);

  function take(tried: readonly UpstreamEndpoint[]): UpstreamEndpoint | undefined {
    let best = -1;
    let bestCredit = 0;
    let sum = 0;
    for (let i = 0; i < eligible.length; i++) {
      if (tried.length > 0 && tried.includes(eligible[i] as UpstreamEndpoint)) continue;
      const weight = weights[i] as number;
      const credit = credits[i] = (credits[i] as number) + weight;
      sum += weight;
      if (best === -1 || credit > bestCredit) {
        best = i;
        bestCredit = credit;
      }
    }
    if (best === -1) return undefined;
    credits[best] = bestCredit - sum;
    return eligible[best];
  }

  return {
    pick: (tried) => only === undefined ? take(tried) : tried.includes(only) ? undefined : only,
    renew: roundRobin,
  };
}
