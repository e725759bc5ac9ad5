/** What is known of an exchange when it ends: the one input of metrics, access log and traces. */
import type { Route } from "../table/table.ts";

/** Phase names of a request's life, in order. `close` is where the exchange ended. */
export type Phase =
  | "accept"
  | "tls"
  | "read head"
  | "match"
  | "filters"
  | "pick"
  | "send"
  | "respond"
  | "log";

/** One try at one endpoint. */
export interface Attempt {
  /** `address:port`, IPv6 in brackets. */
  readonly endpoint: string;
  /** Whether the connection came from the pool. */
  readonly reused: boolean;
  /** Status of the response head; 0 when none came. */
  status: number;
  /** Error code of `errors.ts`, "" when the try succeeded. */
  error: string;
  /** Milliseconds from pick to response head or failure. */
  headMs: number;
}

/** Times are milliseconds of a monotonic clock; 0 = the phase was not reached. */
export interface ExchangeRecord {
  readonly listenerPort: number;
  readonly listenerName: string;
  readonly protocol: "http" | "https";
  /** e.g. `HTTP/1.1`. */
  readonly httpVersion: string;
  readonly method: string;
  /** Raw request target, as received. */
  readonly target: string;
  /** In the form in which it was matched: lower-case, without port; `_` when HTTP/1.0 sent none. */
  readonly host: string;
  readonly peerAddress: string;
  /** Under the trust rule. */
  readonly clientAddress: string;
  readonly userAgent: string;
  readonly forwardedFor: string;
  /** `x-request-id` of the request, or generated when first asked for. */
  readonly requestId: string;
  /** undefined when none matched. */
  readonly route: Route | undefined;
  readonly status: number;
  /** Whether the gateway made the response itself, and its error code; "" otherwise. */
  readonly errorCode: string;
  /** `X-ALB-ERR-REASON`, "" when none. */
  readonly reason: string;
  readonly attempts: readonly Attempt[];
  /** Request line, headers and body as received. */
  readonly requestBytes: number;
  /** Bytes sent to the client, head included. */
  readonly responseBytes: number;
  /** Bytes received from the upstream. */
  readonly upstreamBytes: number;
  readonly startedAt: number;
  readonly matchedAt: number;
  readonly filteredAt: number;
  readonly sentAt: number;
  readonly headAt: number;
  readonly endedAt: number;
  /** Wall clock of the start, milliseconds since the epoch. */
  readonly startedWall: number;
}

/** Receives every ended exchange and the gauge of connections. Must be cheap: it runs on the request path. */
export interface ExchangeObserver {
  exchangeEnded(record: ExchangeRecord): void;
  /** A request was refused before it became an exchange: malformed, or its connection over a limit. */
  requestRefused?(record: ExchangeRecord): void;
  /** One connection of a listener opened (+1) or closed (-1). */
  connectionChanged(listenerPort: number, delta: 1 | -1): void;
  /** An exchange began (+1) or ended (-1): `reading`/`writing` gauges derive from it. */
  activeChanged(listenerPort: number, delta: 1 | -1): void;
}
