/** The same endpoint for the same client, without anything to remember: by its address or by a field of its requests. */
import type { UpstreamEndpoint } from "../upstream.ts";
import type { Balancer, BalancerTools } from "./balancer.ts";
import { lazyRing } from "./consistent-hash.ts";
import { sampler } from "./random.ts";

/** `sip-hash`: by the address of the client (data-plane spec 3.9). */
export function addressAffinity(endpoints: readonly UpstreamEndpoint[]): Balancer {
  const ring = lazyRing(endpoints);
  return {
    pick: (tried, exchange) => ring().pick(exchange.clientAddress, tried),
    renew: addressAffinity,
  };
}

/** `header`: by the value of a field; requests without it, or with an empty one, go anywhere (data-plane spec 3.9). */
export function headerAffinity(
  endpoints: readonly UpstreamEndpoint[],
  header: string,
  tools: BalancerTools,
): Balancer {
  const ring = lazyRing(endpoints);
  const draw = sampler(endpoints, tools);
  return {
    pick(tried, exchange) {
      const value = exchange.effectiveHeader(header);
      return value === undefined || value === "" ? draw(tried)?.endpoint : ring().pick(value, tried);
    },
    renew: (next) => headerAffinity(next, header, tools),
  };
}
