/** Exchange records and tables for the tests of telemetry. */
import type { Route, Table } from "../../src/table/table.ts";
import type { Attempt, ExchangeRecord } from "../../src/telemetry/record.ts";

export function route(name: string, options: Partial<Route> = {}): Route {
  return {
    id: `tcp/80/default/${name}`,
    name,
    source: { type: "rule", namespace: "default", name },
    object: { kind: "Rule", namespace: "default", name },
    index: 1,
    order: { place: "normal", priority: 5, complexity: 1, matchLength: 1 },
    match: [],
    upstream: `default/${name}`,
    backendProtocol: "http",
    timeouts: { connectMs: 1, sendMs: 1, readMs: 1 },
    retry: { attempts: 5, resend: true, timeoutMs: null },
    filters: [],
    refusal: null,
    errorPages: null,
    ...options,
  };
}

export interface TableOptions {
  readonly listener?: string;
  /** Addresses on port 80. */
  readonly endpoints?: readonly string[];
}

/** One listener `web` on port 80; each route has the endpoints as its upstream. */
export function table(routes: readonly Route[], options: TableOptions = {}): Table {
  const { listener = "web", endpoints = ["10.0.0.1"] } = options;
  return {
    shape: 1,
    gateway: {
      name: "albatross",
      namespace: "default",
      implicit: true,
      labelDomain: "cpaas.io",
      trustedProxies: [],
      listen: { nics: [], ipv6: true, backlog: null },
    },
    listeners: [{
      id: "tcp/80",
      name: listener,
      source: { type: "rule", namespace: "default", name: listener },
      port: 80,
      protocol: "http",
      routes,
      via: null,
      keepalive: { idleMs: 65_000, headerTimeoutS: null, requests: 1000, tcp: null },
      errorPages: {},
      unmatchedErrorPages: null,
    }],
    upstreams: Object.fromEntries(routes.flatMap(({ upstream }) =>
      upstream === null ? [] : [[upstream, {
        name: upstream,
        group: upstream,
        mode: "http" as const,
        balancing: { policy: "round-robin" as const },
        emptyStatus: 500 as const,
        tls: null,
        outlierDetection: null,
        endpoints: endpoints.map((address) => ({
          address,
          port: 80,
          weight: 1,
          service: { namespace: "default", name: "app" },
        })),
      }]]
    )),
  };
}

export function attempt(options: Partial<Attempt> = {}): Attempt {
  return { endpoint: "10.0.0.1:80", reused: false, status: 200, error: "", headMs: 2, ...options };
}

/** 10 ms from head to end, of which 1 ms of filters, on `GET /a` with status 200; 04 Mar 2026, 05:06:07.089 UTC. */
export function record(options: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    listenerPort: 80,
    listenerName: "web",
    protocol: "http",
    httpVersion: "HTTP/1.1",
    method: "GET",
    target: "/a",
    host: "a.com",
    peerAddress: "127.0.0.1",
    clientAddress: "192.0.2.7",
    userAgent: "curl/8",
    forwardedFor: "",
    requestId: "id-1",
    route: undefined,
    status: 200,
    errorCode: "",
    reason: "",
    attempts: [],
    requestBytes: 100,
    responseBytes: 300,
    upstreamBytes: 250,
    startedAt: 1000,
    matchedAt: 1000.5,
    filteredAt: 1001,
    sentAt: 1002,
    headAt: 1008,
    endedAt: 1010,
    startedWall: Date.UTC(2026, 2, 4, 5, 6, 7, 89),
    ...options,
  };
}
