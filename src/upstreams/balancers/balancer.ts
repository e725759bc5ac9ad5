/** Picks endpoints of an upstream: what every policy of `balancers/` is. */
import type { UpstreamEndpoint } from "../upstream.ts";

/** What balancers see of an exchange. Implemented by `proxy/exchange.ts`. */
export interface BalancedExchange {
  /** Under the trust rule. */
  readonly clientAddress: string;
  readonly scheme: "http" | "https";
  /** Request field by lower-case name as the client sent it, lines joined. */
  header(name: string): string | undefined;
  /** Like {@link header}, as the features of the route have left it. */
  effectiveHeader(name: string): string | undefined;
  /** Fields added to the answer. */
  readonly responseEdits: { add(name: string, value: string): void };
  /** The balancer's own: the key by which it picked first, so that retries and the answer go by the same one. */
  affinityKey: string | undefined;
}

export interface Balancer {
  /** An endpoint that is not in `tried`; undefined when none is left. Endpoints of weight 0 are never picked beside others. */
  pick(tried: readonly UpstreamEndpoint[], exchange: BalancedExchange): UpstreamEndpoint | undefined;
  /** The head of the answer is here, `ms` after the attempt began, and not yet on its way to the client. */
  answered?(endpoint: UpstreamEndpoint, exchange: BalancedExchange, ms: number): void;
  /** An attempt has ended without an answer. */
  failed?(endpoint: UpstreamEndpoint): void;
  /** The balancer that takes over when endpoints come, go, or get another weight. */
  renew(endpoints: readonly UpstreamEndpoint[]): Balancer;
}

/** What balancers need of the outside; tests have their own. */
export interface BalancerTools {
  /** Monotonic milliseconds. */
  now(): number;
  /** 0 ≤ x < 1. */
  random(): number;
}
