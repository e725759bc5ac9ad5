/**
 * A hash ring. Every endpoint has points on a circle of 2³² places; a key belongs to the endpoint of the first point at
 * or behind its own hash. Where points lie depends on the endpoint's `host:port` alone: every worker, replica and
 * restart has the same ring, whatever the order of the endpoints, and an endpoint that comes or goes takes over or
 * hands out its own keys and no others.
 *
 * Why a ring: a failed endpoint has a defined successor, weights are numbers of points, and it costs O(points) to build
 * where rendezvous hashing costs O(endpoints) per request and Maglev moves keys of bystanders.
 */
import { mix32, murmur3 } from "../../lib/murmur3.ts";
import { sortByKey } from "../../lib/radix-sort.ts";
import type { UpstreamEndpoint } from "../upstream.ts";
import { type Eligible, eligibleOf, isTried } from "./eligible.ts";

/**
 * Points of the endpoints with the highest weight; others have proportionally fewer, at least one. Relative to the
 * highest, because weights of endpoints shrink when their number grows (data-plane spec 3.9), which must move nothing.
 * Shares are then about 1/√256 = 6 % off.
 */
const POINTS = 256;

export class HashRing {
  readonly #endpoints: readonly UpstreamEndpoint[];
  readonly #hashes: Uint32Array;
  /** Index of the endpoint of each point. */
  readonly #owners: Uint32Array;

  constructor(endpoints: readonly UpstreamEndpoint[]) {
    const eligible = [...eligibleOf(endpoints)].sort(byLabel);
    this.#endpoints = eligible.map(({ endpoint }) => endpoint);
    const { keys, values } = sortedPoints(eligible);
    this.#hashes = keys;
    this.#owners = values;
  }

  /** The endpoint that a key belongs to, or the next on the ring that was not tried; undefined when none is left. */
  pick(key: string, tried: readonly UpstreamEndpoint[]): UpstreamEndpoint | undefined {
    const { length } = this.#hashes;
    const isLeft = tried.length === 0 || this.#endpoints.some((endpoint) => !isTried(endpoint, tried));
    if (length === 0 || !isLeft) return undefined;
    for (let at = this.#find(murmur3(key));; at = at + 1 === length ? 0 : at + 1) {
      const endpoint = this.#endpoints[this.#owners[at] as number] as UpstreamEndpoint;
      if (!isTried(endpoint, tried)) return endpoint;
    }
  }

  /** The endpoint that a key belongs to. */
  home(key: string): UpstreamEndpoint | undefined {
    return this.pick(key, []);
  }

  /** Place of the first point at or behind `hash`, around the circle. */
  #find(hash: number): number {
    let low = 0;
    let high = this.#hashes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#hashes[middle] as number) < hash) low = middle + 1;
      else high = middle;
    }
    return low === this.#hashes.length ? 0 : low;
  }
}

/** The ring of an upstream, made when it is first asked: many upstreams change more often than they are used. */
export function lazyRing(endpoints: readonly UpstreamEndpoint[]): () => HashRing {
  let ring: HashRing | undefined;
  return () => ring ??= new HashRing(endpoints);
}

/** Hashes and owners of all points in the order of the circle. */
function sortedPoints(eligible: readonly Eligible[]): ReturnType<typeof sortByKey> {
  const highest = eligible.reduce((most, { weight }) => Math.max(most, weight), 0);
  const counts = eligible.map(({ weight }) => Math.max(1, Math.round(POINTS * weight / highest)));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const hashes = new Uint32Array(total);
  const owners = new Uint32Array(total);
  let at = 0;
  eligible.forEach(({ endpoint }, index) => {
    // Two hashes, so that only endpoints with both in common would fall together.
    const start = murmur3(endpoint.pool.label, 0);
    const step = murmur3(endpoint.pool.label, 1) | 1;
    for (let k = 0; k < (counts[index] as number); k++) {
      hashes[at] = mix32((start + Math.imul(k, step)) | 0);
      owners[at++] = index;
    }
  });
  return sortByKey(hashes, owners);
}

function byLabel(a: Eligible, b: Eligible): number {
  return a.endpoint.pool.label < b.endpoint.pool.label ? -1 : 1;
}
