/**
 * Passive health: an endpoint whose attempts fail one after the other gets no requests for a while. What counts is what
 * a retry counts, no answer; a status says nothing about the endpoint.
 */
import type { OutlierDetection } from "../table/table.ts";
import type { EndpointPool, Poolable } from "./pool.ts";

/** Of one endpoint, while it fails. */
interface Failing {
  failures: number;
  /** Monotonic milliseconds; 0 = takes part. */
  until: number;
}

export class OutlierDetector<C extends Poolable> {
  readonly settings: OutlierDetection;
  readonly #now: () => number;
  /** Only those whose last attempt failed, so usually none. Keyed by pool, which survives changes of the table. */
  readonly #failing = new Map<EndpointPool<C>, Failing>();

  constructor(settings: OutlierDetection, now: () => number) {
    this.settings = settings;
    this.#now = now;
  }

  answered(pool: EndpointPool<C>): void {
    if (this.#failing.size > 0) this.#failing.delete(pool);
  }

  failed(pool: EndpointPool<C>): void {
    let state = this.#failing.get(pool);
    if (state === undefined) this.#failing.set(pool, state = { failures: 0, until: 0 });
    // After a rest one more failure is enough for the next.
    if (++state.failures >= this.settings.consecutiveFailures) {
      state.until = this.#now() + this.settings.ejectionMs;
    }
  }

  /** Whether some may rest; asked for every request. */
  get mayRest(): boolean {
    return this.#failing.size > 0;
  }

  isResting(pool: EndpointPool<C>): boolean {
    const state = this.#failing.get(pool);
    return state !== undefined && state.until > this.#now();
  }

  /** Forgets those that are gone. */
  keepOnly(pools: ReadonlySet<EndpointPool<C>>): void {
    for (const pool of this.#failing.keys()) if (!pools.has(pool)) this.#failing.delete(pool);
  }
}
