/**
 * The better of two random endpoints (Mitzenmacher, "The Power of Two Choices"): nearly as even as to ask all of them,
 * without the herd that runs to the one which looks best to everybody.
 */
import type { UpstreamEndpoint } from "../upstream.ts";
import type { Sampler } from "./random.ts";
import type { Eligible } from "./eligible.ts";

/** Of two that are equally loaded the first drawn is taken, so that without load the weights decide. */
export function betterOfTwo(
  draw: Sampler,
  tried: readonly UpstreamEndpoint[],
  loadOf: (eligible: Eligible) => number,
): UpstreamEndpoint | undefined {
  const first = draw(tried);
  if (first === undefined) return undefined;
  const second = draw([...tried, first.endpoint]);
  return second !== undefined && loadOf(second) < loadOf(first) ? second.endpoint : first.endpoint;
}
