/** Whether a client may open another connection: limits of the process, and of one client address. */
import { inNetwork, type Network, parseAddress } from "../lib/ip.ts";
import type { ProxyLimits } from "./limits.ts";

type AdmissionLimits = Pick<ProxyLimits, "maxConnections" | "maxConnectionsPerAddress" | "hit">;

export class Admission {
  readonly #limits: AdmissionLimits;
  /** Open connections by {@link groupOf} their peer. */
  readonly #groups = new Map<string, number>();
  #open = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Open connections. */
  get open(): number {
    return this.#open;
  }

  /** Counts a connection; false, and nothing is counted, when there are too many. `trusted` peers speak for many clients. */
  enter(peerAddress: string, trusted: readonly Network[]): boolean {
    const { maxConnections, maxConnectionsPerAddress, hit } = this.#limits;
    if (this.#open >= maxConnections) {
      hit?.("maxConnections");
      return false;
    }
    const group = groupOf(peerAddress);
    const count = this.#groups.get(group) ?? 0;
    if (count >= maxConnectionsPerAddress && !isTrusted(peerAddress, trusted)) {
      hit?.("maxConnectionsPerAddress");
      return false;
    }
    this.#groups.set(group, count + 1);
    this.#open++;
    return true;
  }

  /** To be called once for each connection that has entered. */
  leave(peerAddress: string): void {
    const group = groupOf(peerAddress);
    const left = (this.#groups.get(group) ?? 1) - 1;
    if (left === 0) this.#groups.delete(group);
    else this.#groups.set(group, left);
    this.#open--;
  }
}

/** What one client can choose freely counts as one: of an IPv6 address the first half (RFC 4291 2.5.4). */
function groupOf(peerAddress: string): string {
  const address = peerAddress.includes(":") ? parseAddress(peerAddress) : null;
  return address === null ? peerAddress : `${address[0]}:${address[1]}`;
}

function isTrusted(peerAddress: string, trusted: readonly Network[]): boolean {
  if (trusted.length === 0) return false;
  const address = parseAddress(peerAddress);
  return address !== null && trusted.some((network) => inNetwork(network, address));
}
