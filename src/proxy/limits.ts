/** What peers may cost; every value can be set (`config.ts` has the names). */
import type { RequestLimits } from "../http1/request-head.ts";
import type { LimitName } from "../errors.ts";

export interface ProxyLimits {
  readonly request: RequestLimits;
  /** Bytes of an upstream's answer head. */
  readonly maxResponseHeadBytes: number;
  /** From the first byte of a head to its last. */
  readonly headerReadMs: number;
  /** Silence of a client in the middle of a request body. */
  readonly bodyIdleMs: number;
  /** A client that takes nothing of an answer that waits for it. */
  readonly sendIdleMs: number;
  /** Bytes of a request body, 0 for any number; beyond it 413. */
  readonly maxBodyBytes: number;
  /** Bytes of a request body kept for replay (rulings: retries). */
  readonly maxReplayBytes: number;
  /** Bytes of a request body that a middleware may read before it is forwarded. */
  readonly maxBufferedBodyBytes: number;
  readonly upstreamIdleMs: number;
  readonly maxIdlePerEndpoint: number;
  readonly requestsPerUpstreamConnection: number;
  /** Open client connections of the process; beyond it new ones are closed at once. */
  readonly maxConnections: number;
  /** The same of one client address, or of one /64 of IPv6; peers that are trusted proxies are not counted. */
  readonly maxConnectionsPerAddress: number;
  /** Once a listener drains: how long a connection without a request is kept, so that no request meets its end. */
  readonly drainIdleMs: number;
  /** Told each time that a peer reaches a limit. */
  readonly hit?: (limit: LimitName) => void;
}

export const DEFAULT_LIMITS: ProxyLimits = {
  request: { maxHeadBytes: 64 * 1024, maxFields: 200, maxTargetBytes: 16 * 1024 },
  maxResponseHeadBytes: 64 * 1024,
  headerReadMs: 60_000,
  bodyIdleMs: 60_000,
  sendIdleMs: 60_000,
  maxBodyBytes: 0,
  maxReplayBytes: 64 * 1024,
  maxBufferedBodyBytes: 1024 * 1024,
  upstreamIdleMs: 60_000,
  maxIdlePerEndpoint: 320,
  requestsPerUpstreamConnection: 1000,
  maxConnections: 50_000,
  maxConnectionsPerAddress: 20_000,
  drainIdleMs: 5_000,
};
