/**
 * The table: what the gateway serves, as plain JSON-able data. Translators produce it, everything that touches traffic
 * consumes it; neither side knows the other. It is immutable: a change is a new table.
 */
import type { Filter } from "./filters.ts";
import type { Match } from "./match.ts";

/** Shape version of {@link Table}; raised when a reader of `table --json` would have to change. */
export const TABLE_SHAPE = 1;

export interface Table {
  readonly shape: typeof TABLE_SHAPE;
  readonly gateway: GatewaySettings;
  readonly listeners: readonly Listener[];
  /** Keyed by {@link Upstream.name}. */
  readonly upstreams: Readonly<Record<string, Upstream>>;
}

/** Settings of the whole gateway, from the ALB2 (or the implicit one) and the command line. */
export interface GatewaySettings {
  /** Name and namespace of the governing ALB2; the implicit one is `albatross` in `default`. */
  readonly name: string;
  readonly namespace: string;
  /** True when no ALB2 object was given. */
  readonly implicit: boolean;
  readonly labelDomain: string;
  /** CIDRs of peers whose forwarded headers count; empty = nobody's. */
  readonly trustedProxies: readonly string[];
  readonly listen: ListenSettings;
}

/** Where and how ports are bound, unless the command line says where (data-plane spec 8.3). */
export interface ListenSettings {
  /** Network interfaces whose addresses are bound; empty = every address; null = none, for it cannot be read. */
  readonly nics: readonly string[] | null;
  readonly ipv6: boolean;
  /** Connections that may wait for being accepted, on http and https; null = the default. */
  readonly backlog: number | null;
}

export type Protocol = "http" | "https" | "grpc" | "grpcs" | "tcp" | "udp";

/** An address and protocol to serve. */
export interface Listener {
  /** Stable key of pools, counters and sockets: `<protocol family>/<port>`, e.g. `tcp/80`, `udp/53`. */
  readonly id: string;
  /** Name of the Frontend. */
  readonly name: string;
  readonly source: Source;
  readonly port: number;
  readonly protocol: Protocol;
  /** In the order in which they are tried: first match wins. */
  readonly routes: readonly Route[];
  /** Value of the `Via` response header, or null for none (compatibility mode). */
  readonly via: string | null;
  readonly keepalive: ClientKeepalive;
  /** Of its routes, by the object that has them, e.g. `Rule default/a`. */
  readonly errorPages: Readonly<Record<string, readonly ErrorPage[]>>;
  /** Key of those for requests that no route takes; null = none. */
  readonly unmatchedErrorPages: string | null;
}

/** Instead of the gateway's own words: what an answer says that the gateway makes itself. */
export interface ErrorPage {
  /** Inclusive. */
  readonly statuses: readonly { readonly from: number; readonly to: number }[];
  readonly contentType: string;
  readonly body: string;
}

/** Keep-alive towards clients; durations in milliseconds (data-plane spec 3.12). */
export interface ClientKeepalive {
  readonly idleMs: number;
  /** Announced in `Keep-Alive: timeout=`; null = not sent. */
  readonly headerTimeoutS: number | null;
  readonly requests: number;
  /** SO_KEEPALIVE; null fields = the system's values; whole null = off. */
  readonly tcp: {
    readonly idleMs: number | null;
    readonly intervalMs: number | null;
    readonly count: number | null;
  } | null;
}

/** Where a listener or route comes from; labels of metrics and logs. */
export interface Source {
  /** Of routes `rule`, `ft_default_router`, `extension`, `ingress`, `httpRoute`, …; of listeners `frontend`. */
  readonly type: string;
  readonly namespace: string;
  readonly name: string;
}

/** Matches requests of its listener and says what is done with them. */
export interface Route {
  /** Unique within the table: `<listener id>/<namespace>/<name>`, `…/default` for default routes. Key of counters. */
  readonly id: string;
  /** What users see: the Rule's name, or the Frontend's for its default route and redirect. */
  readonly name: string;
  readonly source: Source;
  /** The object to blame in messages. */
  readonly object: { readonly kind: string; readonly namespace: string; readonly name: string };
  /** 1-based place in the listener's order. */
  readonly index: number;
  readonly order: RouteOrder;
  readonly match: Match;
  /** Name of the upstream; null for routes that answer by themselves (redirects). */
  readonly upstream: string | null;
  /** Scheme towards the upstream. */
  readonly backendProtocol: "http" | "https" | "grpc" | "grpcs" | "tcp" | "udp";
  readonly timeouts: Timeouts;
  readonly retry: RetryPolicy;
  /** In no particular order; `middlewares/order.ts` decides how they run. */
  readonly filters: readonly Filter[];
  /** Set when an action of the object is invalid: the route matches and answers this (rulings: a bad object). */
  readonly refusal: { readonly status: 500 | 503; readonly reason: string } | null;
  /** Key in {@link Listener.errorPages}; null = none. */
  readonly errorPages: string | null;
}

/** The sort keys of a route (data-plane spec 2), kept so that `table` and `explain` can show them. */
export interface RouteOrder {
  /** `first`: frontend redirects; `last`: default routes; whatever the numbers. */
  readonly place: "first" | "normal" | "last";
  readonly priority: number;
  readonly complexity: number;
  /** Length in bytes of the compact JSON of the prefix form. */
  readonly matchLength: number;
}

/** Milliseconds; idle times between two successive operations (data-plane spec 3.11). */
export interface Timeouts {
  readonly connectMs: number;
  readonly sendMs: number;
  readonly readMs: number;
}

/** When a request goes to another endpoint (data-plane spec 3.10). */
export interface RetryPolicy {
  /** Tries in all, the first included. */
  readonly attempts: number;
  /** Whether what was sent already may be sent to another endpoint, where the method allows it. */
  readonly resend: boolean;
  /** No try is begun later than this after the first; null = any time. Milliseconds. */
  readonly timeoutMs: number | null;
}

/** Endpoints that fail get no requests for a while (data-plane spec 10.3). */
export interface OutlierDetection {
  readonly consecutiveFailures: number;
  readonly ejectionMs: number;
}

/** A named set of endpoints and how one is picked. */
export interface Upstream {
  /** `<namespace>/<name>` of the owner, `…/default` for default routes; unique in the table. */
  readonly name: string;
  /** ALB's name of the backend group, as in error reasons and traces: the Rule's name or `<alb>-<port>-<protocol>`. */
  readonly group: string;
  readonly mode: "http" | "grpc" | "tcp" | "udp";
  readonly balancing: Balancing;
  /** Status of the answer when there is no endpoint: 500 in mode `alb`, 503 in `standard`. */
  readonly emptyStatus: 500 | 503;
  /** null = plain. */
  readonly tls: UpstreamTls | null;
  /** null = none rests. */
  readonly outlierDetection: OutlierDetection | null;
  readonly endpoints: readonly Endpoint[];
}

/** TLS towards endpoints (data-plane spec 3.8). */
export interface UpstreamTls {
  /** Whether the certificate must be valid, and for the server name. ALB does not ask. */
  readonly verify: boolean;
  /** SNI; null = the Host that the endpoint gets, or none where that is an address. */
  readonly serverName: string | null;
  /** Certificates of the authorities that count, PEM; null = those that the runtime brings. */
  readonly ca: string | null;
}

export type Balancing =
  | { readonly policy: "round-robin" }
  | { readonly policy: "sip-hash" }
  | { readonly policy: "cookie"; readonly cookie: string }
  | { readonly policy: "header"; readonly header: string }
  | { readonly policy: "ewma" }
  | { readonly policy: "least-request" };

export interface Endpoint {
  /** IPv4, or IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
  /** As data-plane spec 3.9: 0..100 and beyond after duplicates were summed; all zero = equal. */
  readonly weight: number;
  /** The Service behind it, for logs and traces. */
  readonly service: { readonly namespace: string; readonly name: string };
}
