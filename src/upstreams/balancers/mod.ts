/** From the policy of an upstream to its balancer. */
import type { Balancing } from "../../table/table.ts";
import type { UpstreamEndpoint } from "../upstream.ts";
import { addressAffinity, headerAffinity } from "./affinity.ts";
import type { Balancer, BalancerTools } from "./balancer.ts";
import { cookieAffinity } from "./cookie.ts";
import { ewma } from "./ewma.ts";
import { leastRequest } from "./least-request.ts";
import { roundRobin } from "./round-robin.ts";

export function createBalancer(
  balancing: Balancing,
  endpoints: readonly UpstreamEndpoint[],
  tools: BalancerTools,
): Balancer {
  switch (balancing.policy) {
    case "round-robin":
      return roundRobin(endpoints);
    case "sip-hash":
      return addressAffinity(endpoints);
    case "cookie":
      return cookieAffinity(endpoints, balancing.cookie, tools);
    case "header":
      return headerAffinity(endpoints, balancing.header, tools);
    case "ewma":
      return ewma(endpoints, tools);
    case "least-request":
      return leastRequest(endpoints, tools);
  }
}
