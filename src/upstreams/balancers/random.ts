/** Random endpoints, in proportion to their weights. */
import type { UpstreamEndpoint } from "../upstream.ts";
import type { BalancerTools } from "./balancer.ts";
import { type Eligible, eligibleOf, isTried } from "./eligible.ts";

/** Draws that may hit what was tried before the rest is listed. */
const DRAWS = 4;

/** Draws an endpoint that is not in `tried`; undefined when none is left. */
export type Sampler = (tried: readonly UpstreamEndpoint[]) => Eligible | undefined;

export function sampler(endpoints: readonly UpstreamEndpoint[], { random }: BalancerTools): Sampler {
  const eligible = eligibleOf(endpoints);
  const sums = sumsOf(eligible);
  return function draw(tried) {
    for (let n = 0; n < DRAWS; n++) {
      const drawn = drawFrom(eligible, sums, random());
      if (drawn === undefined || !isTried(drawn.endpoint, tried)) return drawn;
    }
    const left = eligible.filter(({ endpoint }) => !isTried(endpoint, tried));
    return drawFrom(left, sumsOf(left), random());
  };
}

/** Sum of the weights up to and with each. */
function sumsOf(eligible: readonly Eligible[]): Float64Array {
  let sum = 0;
  return Float64Array.from(eligible, ({ weight }) => sum += weight);
}

function drawFrom(eligible: readonly Eligible[], sums: Float64Array, random: number): Eligible | undefined {
  const place = random * (sums.at(-1) ?? 0);
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sums[middle] as number) <= place) low = middle + 1;
    else high = middle;
  }
  return eligible[low];
}
