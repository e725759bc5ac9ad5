/** The endpoint with fewer requests under way for its weight, of two random ones. A policy that ALB lacks. */
import type { UpstreamEndpoint } from "../upstream.ts";
import type { Balancer, BalancerTools } from "./balancer.ts";
import { sampler } from "./random.ts";
import { betterOfTwo } from "./two-choices.ts";

export function leastRequest(endpoints: readonly UpstreamEndpoint[], tools: BalancerTools): Balancer {
  const draw = sampler(endpoints, tools);
  return {
    pick: (tried) => betterOfTwo(draw, tried, ({ endpoint, weight }) => endpoint.pool.active / weight),
    renew: (next) => leastRequest(next, tools),
  };
}
