/** Small tables for tests. */
import {
  type Listener,
  type Route,
  type RouteOrder,
  type Table,
  TABLE_SHAPE,
  type Upstream,
} from "../../src/table/table.ts";

export function tableOf(listeners: readonly Listener[], upstreams: readonly Upstream[] = [UPSTREAM]): Table {
  return {
    shape: TABLE_SHAPE,
    gateway: {
      name: "albatross",
      namespace: "default",
      implicit: true,
      labelDomain: "cpaas.io",
      trustedProxies: [],
      listen: { nics: [], ipv6: true, backlog: null },
    },
    listeners,
    upstreams: Object.fromEntries(upstreams.map((each) => [each.name, each])),
  };
}

export const UPSTREAM: Upstream = {
  name: "default/echo",
  group: "echo",
  mode: "http",
  balancing: { policy: "round-robin" },
  emptyStatus: 500,
  tls: null,
  outlierDetection: null,
  endpoints: [{
    address: "10.0.0.1",
    port: 8080,
    weight: 100,
    service: { namespace: "default", name: "echo" },
  }],
};

export function listenerOf(routes: readonly Route[], port = 80): Listener {
  return {
    id: `tcp/${port}`,
    name: "web",
    source: { type: "frontend", namespace: "default", name: "web" },
    port,
    protocol: "http",
    routes,
    via: "alb",
    keepalive: { idleMs: 65_000, headerTimeoutS: null, requests: 1000, tcp: null },
    errorPages: {},
    unmatchedErrorPages: null,
  };
}

export function orderOf(order: Partial<RouteOrder> = {}): RouteOrder {
  return { place: "normal", priority: 5, complexity: 0, matchLength: 0, ...order };
}

export function routeOf(name: string, index: number, extra: Partial<Route> = {}): Route {
  return {
    id: `tcp/80/default/${name}`,
    name,
    source: { type: "rule", namespace: "default", name },
    object: { kind: "Rule", namespace: "default", name },
    index,
    order: orderOf(),
    match: [{ subject: { type: "URL" }, rows: [{ op: "STARTS_WITH", value: "/" }] }],
    upstream: "default/echo",
    backendProtocol: "http",
    timeouts: { connectMs: 5_000, sendMs: 120_000, readMs: 120_000 },
    retry: { attempts: 5, resend: true, timeoutMs: null },
    filters: [],
    refusal: null,
    errorPages: null,
    ...extra,
  };
}
