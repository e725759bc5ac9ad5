/** The living side of the table's upstreams: endpoints with pools and counters that survive table changes. */
import type { Balancing, Upstream } from "../table/table.ts";
import type { Balancer } from "./balancers/balancer.ts";
import { roundRobin } from "./balancers/round-robin.ts";
import { EndpointPool, type Poolable } from "./pool.ts";

/** One endpoint in one upstream. */
export interface UpstreamEndpoint<C extends Poolable = Poolable> {
  readonly weight: number;
  readonly pool: EndpointPool<C>;
}

/** A named set of endpoints and its balancer; replaced as a whole when its data changes. */
export interface LiveUpstream<C extends Poolable = Poolable> {
  readonly spec: Upstream;
  readonly endpoints: readonly UpstreamEndpoint<C>[];
  /** An endpoint that was not tried yet; undefined when none is left. */
  pick(tried: readonly UpstreamEndpoint<C>[]): UpstreamEndpoint<C> | undefined;
}

export interface UpstreamLimits {
  /** Idle connections kept per endpoint. */
  readonly maxIdlePerEndpoint: number;
}

/** Every upstream by name. `update` keeps what did not change, so that balancers and pools go on. */
export class UpstreamRegistry<C extends Poolable> {
  readonly #limits: UpstreamLimits;
  readonly #pools = new Map<string, EndpointPool<C>>();
  #live: ReadonlyMap<string, LiveUpstream<C>> = new Map();

  constructor(limits: UpstreamLimits) {
    this.#limits = limits;
  }

  get all(): ReadonlyMap<string, LiveUpstream<C>> {
    return this.#live;
  }

  /** Takes over a new set of upstreams; pools of endpoints that nobody names any more are retired. */
  update(upstreams: Readonly<Record<string, Upstream>>): ReadonlyMap<string, LiveUpstream<C>> {
    const next = new Map<string, LiveUpstream<C>>();
    const used = new Set<string>();
    for (const spec of Object.values(upstreams)) {
      const known = this.#live.get(spec.name);
      next.set(spec.name, known !== undefined && sameUpstream(known.spec, spec) ? known : this.#build(spec));
      for (const endpoint of spec.endpoints) used.add(poolKey(endpoint));
    }
    this.#live = next;
    for (const [key, pool] of this.#pools) {
      if (used.has(key)) continue;
      pool.retire();
      this.#pools.delete(key);
    }
    return next;
  }

  #build(spec: Upstream): LiveUpstream<C> {
    const endpoints = spec.endpoints.map((endpoint) => ({ weight: endpoint.weight, pool: this.#pool(endpoint) }));
    const balancer = balancerFor(spec.balancing, endpoints);
    return { spec, endpoints, pick: (tried) => balancer.pick(tried) as UpstreamEndpoint<C> | undefined };
  }

  #pool(endpoint: { readonly address: string; readonly port: number }): EndpointPool<C> {
    const key = poolKey(endpoint);
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new EndpointPool<C>(endpoint.address, endpoint.port, this.#limits.maxIdlePerEndpoint);
      this.#pools.set(key, pool);
    }
    return pool;
  }
}

function poolKey(endpoint: { readonly address: string; readonly port: number }): string {
  return `${endpoint.address}|${endpoint.port}`;
}

/** Session affinity is not built yet: translation reports it, and it is served by round robin. */
function balancerFor(_balancing: Balancing, endpoints: readonly UpstreamEndpoint[]): Balancer {
  return roundRobin(endpoints);
}

function sameUpstream(a: Upstream, b: Upstream): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
