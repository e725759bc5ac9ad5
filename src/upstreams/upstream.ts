/** The living side of the table's upstreams: endpoints with pools and counters that survive table changes. */
import { deepEqual } from "../lib/deep-equal.ts";
import type { LimitName } from "../errors.ts";
import { atOnce, eachOf, type Steps } from "../lib/steps.ts";
import type { Endpoint, Upstream, UpstreamTls } from "../table/table.ts";
import type { BalancedExchange, Balancer, BalancerTools } from "./balancers/balancer.ts";
import { createBalancer } from "./balancers/mod.ts";
import { OutlierDetector } from "./outlier.ts";
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
  readonly #tools: BalancerTools;
  #spec: Upstream;
  #endpoints: readonly UpstreamEndpoint<C>[];
  #balancer: Balancer;
  /** How {@link #balancer} was made. */
  #balancing: Upstream["balancing"];
  /** Whether {@link #balancer} is that of an earlier spec. */
  #isStale = false;
  #outliers: OutlierDetector<C> | undefined;

  constructor(spec: Upstream, endpoints: readonly UpstreamEndpoint<C>[], tools: BalancerTools) {
    this.#tools = tools;
    this.#spec = spec;
    this.#endpoints = endpoints;
    this.#balancer = createBalancer(spec.balancing, endpoints, tools);
    this.#balancing = spec.balancing;
    this.#outliers = this.#createDetector(spec);
  }

  get spec(): Upstream {
    return this.#spec;
  }

  get endpoints(): readonly UpstreamEndpoint<C>[] {
    return this.#endpoints;
  }

  /** Thousands of upstreams are replaced at once: a new balancer is made when one is used. */
  replace(spec: Upstream, endpoints: readonly UpstreamEndpoint<C>[]): void {
    const before = this.#outliers?.settings ?? null;
    this.#spec = spec;
    this.#endpoints = endpoints;
    this.#isStale = true;
    if (!deepEqual(spec.outlierDetection, before)) this.#outliers = this.#createDetector(spec);
    else this.#outliers?.keepOnly(new Set(endpoints.map(({ pool }) => pool)));
  }

  #currentBalancer(): Balancer {
    if (this.#isStale) {
      this.#isStale = false;
      const { balancing } = this.#spec;
      this.#balancer = deepEqual(balancing, this.#balancing)
        ? this.#balancer.renew(this.#endpoints)
        : createBalancer(balancing, this.#endpoints, this.#tools);
      this.#balancing = balancing;
    }
    return this.#balancer;
  }

  #createDetector({ outlierDetection }: Upstream): OutlierDetector<C> | undefined {
    return outlierDetection === null
      ? undefined
      : new OutlierDetector(outlierDetection, () => this.#tools.now());
  }

  /** An endpoint that is not in `tried`; undefined when none is left. */
  pick(
    tried: readonly UpstreamEndpoint<C>[],
    exchange: BalancedExchange,
  ): UpstreamEndpoint<C> | undefined {
    const outliers = this.#outliers;
    if (outliers?.mayRest === true) {
      const resting = this.#endpoints.filter(({ pool }) => outliers.isResting(pool));
      const awake = resting.length === 0
        ? undefined
        : this.#currentBalancer().pick([...tried, ...resting], exchange);
      // When all others were tried, one that rests is better than none.
      if (awake !== undefined) return awake as UpstreamEndpoint<C>;
    }
    return this.#currentBalancer().pick(tried, exchange) as UpstreamEndpoint<C> | undefined;
  }

  /** Whether an endpoint gets no requests for a while, because it has failed. */
  isResting(pool: EndpointPool<C>): boolean {
    return this.#outliers?.isResting(pool) ?? false;
  }

  /** The head of the answer is here, `ms` after the attempt began, and not yet on its way to the client. */
  answered(endpoint: UpstreamEndpoint<C>, exchange: BalancedExchange, ms: number): void {
    this.#outliers?.answered(endpoint.pool);
    this.#currentBalancer().answered?.(endpoint, exchange, ms);
  }

  /** An attempt has ended without an answer. */
  failed(endpoint: UpstreamEndpoint<C>): void {
    this.#outliers?.failed(endpoint.pool);
    this.#currentBalancer().failed?.(endpoint);
  }
}

export interface UpstreamLimits {
  /** Idle connections kept per endpoint. */
  readonly maxIdlePerEndpoint: number;
  readonly hit?: (limit: LimitName) => void;
}

/** Every upstream by name. `update` keeps what did not change, so that balancers and pools go on. */
export class UpstreamRegistry<C extends Poolable> {
  readonly #limits: UpstreamLimits;
  readonly #tools: BalancerTools;
  readonly #pools = new Map<string, EndpointPool<C>>();
  readonly #live = new Map<string, LiveUpstream<C>>();

  constructor(limits: UpstreamLimits, tools: BalancerTools = SYSTEM) {
    this.#limits = limits;
    this.#tools = tools;
  }

  get all(): ReadonlyMap<string, LiveUpstream<C>> {
    return this.#live;
  }

  /**
   * Adds what is new of a set of upstreams, so that routes can be compiled with it, and answers the function that takes
   * over the rest of it: that has little to do, and nobody sees half of it. Pools of endpoints that nobody names any more
   * are retired then.
   */
  *prepare(upstreams: Readonly<Record<string, Upstream>>): Steps<() => void> {
    const used = new Set<EndpointPool<C>>();
    const changes: (() => void)[] = [];
    yield* eachOf(Object.values(upstreams), (spec) => {
      const known = this.#live.get(spec.name) ?? this.#add(spec);
      const isSame = deepEqual(known.spec, spec);
      const endpoints = isSame ? known.endpoints : this.#endpoints(spec, known.endpoints);
      if (!isSame) changes.push(() => known.replace(spec, endpoints));
      for (const { pool } of endpoints) used.add(pool);
    });
    yield* eachOf(this.#live.keys(), (name) => {
      if (!Object.hasOwn(upstreams, name)) changes.push(() => this.#live.delete(name));
    });
    yield* eachOf(this.#pools, ([key, pool]) => {
      if (used.has(pool)) return;
      changes.push(() => {
        pool.retire();
        this.#pools.delete(key);
      });
    });
    return () => changes.forEach((change) => change());
  }

  /** Takes over a set of upstreams at once. */
  update(upstreams: Readonly<Record<string, Upstream>>): void {
    atOnce(this.prepare(upstreams))();
  }

  #add(spec: Upstream): LiveUpstream<C> {
    const upstream = new LiveUpstream(spec, this.#endpoints(spec), this.#tools);
    this.#live.set(spec.name, upstream);
    return upstream;
  }

  /** Those that stay are the same objects, so that an exchange under way still knows which ones it has tried. */
  #endpoints(spec: Upstream, before: readonly UpstreamEndpoint<C>[] = []): UpstreamEndpoint<C>[] {
    const known = new Map(before.map((endpoint) => [endpoint.pool, endpoint]));
    return spec.endpoints.map((endpoint) => {
      const pool = this.#pool(endpoint, spec.tls);
      const same = known.get(pool);
      return same?.weight === endpoint.weight ? same : { weight: endpoint.weight, pool };
    });
  }

  #pool(endpoint: Endpoint, tls: UpstreamTls | null): EndpointPool<C> {
    const key = poolKey(endpoint, tls);
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      const { maxIdlePerEndpoint, hit } = this.#limits;
      const full = () => hit?.("maxIdlePerEndpoint");
      pool = new EndpointPool<C>(endpoint.address, endpoint.port, tls, maxIdlePerEndpoint, full);
      this.#pools.set(key, pool);
    }
    return pool;
  }
}

/** Connections under different TLS settings are never taken for one another. */
function poolKey({ address, port }: Endpoint, tls: UpstreamTls | null): string {
  return tls === null
    ? `${address}|${port}`
    : `${address}|${port}|${tls.verify}|${tls.serverName ?? ""}|${tls.ca ?? ""}`;
}

const SYSTEM: BalancerTools = { now: () => performance.now(), random: Math.random };
