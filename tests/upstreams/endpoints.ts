/** Endpoints, exchanges and chance for the tests of balancers. */
import type { BalancedExchange, BalancerTools } from "../../src/upstreams/balancers/balancer.ts";
import { EndpointPool } from "../../src/upstreams/pool.ts";
import type { UpstreamEndpoint } from "../../src/upstreams/upstream.ts";

/** `count` endpoints 10.0.x.y:8080; `weights` are repeated. */
export function endpointsOf(count: number, weights: readonly number[] = [100]): UpstreamEndpoint[] {
  return Array.from({ length: count }, (_, n) => ({
    weight: weights[n % weights.length]!,
    pool: new EndpointPool(`10.0.${n >> 8}.${n & 255}`, 8080, null, 8),
  }));
}

export interface FakeExchange extends BalancedExchange {
  /** Fields added to the answer, `Name: value`. */
  readonly added: string[];
}

export interface ExchangeOptions {
  readonly address?: string;
  readonly scheme?: "http" | "https";
  readonly fields?: Readonly<Record<string, string>>;
  /** As the features of the route have left them. */
  readonly effective?: Readonly<Record<string, string>>;
}

export function exchange(options: ExchangeOptions = {}): FakeExchange {
  const { address = "192.0.2.1", scheme = "http", fields = {}, effective = fields } = options;
  const added: string[] = [];
  return {
    clientAddress: address,
    scheme,
    header: (name) => fields[name],
    effectiveHeader: (name) => effective[name],
    responseEdits: { add: (name, value) => void added.push(`${name}: ${value}`) },
    affinityKey: undefined,
    added,
  };
}

/** A clock that stands still, and the same chance in every run (mulberry32). */
export function tools(seed = 1): BalancerTools & { time: number } {
  let state = seed;
  return {
    time: 0,
    now() {
      return this.time;
    },
    random() {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

/** How often each endpoint was picked in `times` picks, by label. */
export function tally(
  endpoints: readonly UpstreamEndpoint[],
  times: number,
  pick: (n: number) => UpstreamEndpoint | undefined,
): number[] {
  const hits = new Map(endpoints.map(({ pool }) => [pool.label, 0]));
  for (let n = 0; n < times; n++) {
    const label = pick(n)!.pool.label;
    hits.set(label, hits.get(label)! + 1);
  }
  return [...hits.values()];
}
