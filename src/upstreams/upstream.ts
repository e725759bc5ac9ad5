/** The living side of the table's upstreams: endpoints with pools and counters that survive table changes. */
import { deepEqual } from "../lib/deep-equal.ts";
import type { Endpoint, Upstream } from "../table/table.ts";
import type { Balancer } from "./balancers/balancer.ts";
import { roundRobin } from "./balancers/round-robin.ts";
import { EndpointPool, type Poolable } from "./pool.ts";

/** One endpoint in one upstream. */
export interface UpstreamEndpoint<C extends Poolable = Poolable> {
  readonly weight: number;
  readonly pool: EndpointPool<C>;
}

/**
 * A named set of endpoints with its balancer. Routes hold on to it, so a change of endpoints reaches them without being
 * compiled anew.
 */
export class LiveUpstream<C extends Poolable = Poolable> {
  #spec: Upstream;
  #endpoints: readonly UpstreamEndpoint<C>[];
  #balancer: Balancer;

  constructor(spec: Upstream, endpoints: readonly UpstreamEndpoint<C>[]) {
    this.#spec = spec;
    this.#endpoints = endpoints;
    this.#balancer = balancerFor(endpoints);
  }

  get spec(): Upstream {
    return this.#spec;
  }

  get endpoints(): readonly UpstreamEndpoint<C>[] {
    return this.#endpoints;
  }

  replace(spec: Upstream, endpoints: readonly UpstreamEndpoint<C>[]): void {
    this.#spec = spec;
    this.#endpoints = endpoints;
    this.#balancer = balancerFor(endpoints);
  }

  /** An endpoint that is not in `tried`; undefined when none is left. */
  pick(tried: readonly UpstreamEndpoint<C>[]): UpstreamEndpoint<C> | undefined {
    return this.#balancer.pick(tried) as UpstreamEndpoint<C> | undefined;
  }
}

export interface UpstreamLimits {
  /** Idle connections kept per endpoint. */
  readonly maxIdlePerEndpoint: number;
}

/** Every upstream by name. `update` keeps what did not change, so that balancers and pools go on. */
export class UpstreamRegistry<C extends Poolable> {
  readonly #limits: UpstreamLimits;
  readonly #pools = new Map<string, EndpointPool<C>>();
  readonly #live = new Map<string, LiveUpstream<C>>();

  constructor(limits: UpstreamLimits) {
    this.#limits = limits;
  }

  get all(): ReadonlyMap<string, LiveUpstream<C>> {
    return this.#live;
  }

  /** Takes over a new set of upstreams; pools of endpoints that nobody names any more are retired. */
  update(upstreams: Readonly<Record<string, Upstream>>): void {
    const used = new Set<string>();
    for (const spec of Object.values(upstreams)) {
      const known = this.#live.get(spec.name);
      if (known === undefined) this.#live.set(spec.name, new LiveUpstream(spec, this.#endpoints(spec)));
      else if (!deepEqual(known.spec, spec)) known.replace(spec, this.#endpoints(spec));
      for (const endpoint of spec.endpoints) used.add(poolKey(endpoint));
    }
    for (const name of this.#live.keys()) if (upstreams[name] === undefined) this.#live.delete(name);
    for (const [key, pool] of this.#pools) {
      if (used.has(key)) continue;
      pool.retire();
      this.#pools.delete(key);
    }
  }

  #endpoints(spec: Upstream): UpstreamEndpoint<C>[] {
    return spec.endpoints.map((endpoint) => ({ weight: endpoint.weight, pool: this.#pool(endpoint) }));
  }

  #pool(endpoint: Endpoint): EndpointPool<C> {
    const key = poolKey(endpoint);
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new EndpointPool<C>(endpoint.address, endpoint.port, this.#limits.maxIdlePerEndpoint);
      this.#pools.set(key, pool);
    }
    return pool;
  }
}

function poolKey(endpoint: Endpoint): string {
  return `${endpoint.address}|${endpoint.port}`;
}

/** Every policy is served by round robin: translation reports the ones that ask for something else. */
function balancerFor(endpoints: readonly UpstreamEndpoint[]): Balancer {
  return roundRobin(endpoints);
}
