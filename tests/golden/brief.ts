/** Tables as golden files show them: what every reader takes for granted is left out, matches are one line a term. */
import { deepEqual } from "../../src/lib/deep-equal.ts";
import type { Row, Term } from "../../src/table/match.ts";
import type { Endpoint, GatewaySettings, Listener, Route, Table, Upstream } from "../../src/table/table.ts";

type Brief = Readonly<Record<string, unknown>>;

const GATEWAY: GatewaySettings = {
  name: "albatross",
  namespace: "default",
  implicit: true,
  labelDomain: "cpaas.io",
  trustedProxies: [],
  listen: { nics: [], ipv6: true, backlog: null },
};

const LISTENER: Partial<Listener> = {
  via: "alb",
  keepalive: { idleMs: 65_000, headerTimeoutS: null, requests: 1000, tcp: null },
  errorPages: {},
  unmatchedErrorPages: null,
};

const ROUTE: Partial<Route> = {
  backendProtocol: "http",
  timeouts: { connectMs: 5_000, sendMs: 120_000, readMs: 120_000 },
  retry: { attempts: 5, resend: true, timeoutMs: null },
  filters: [],
  refusal: null,
  errorPages: null,
};

const UPSTREAM: Partial<Upstream> = {
  mode: "http",
  balancing: { policy: "round-robin" },
  emptyStatus: 500,
  tls: null,
  outlierDetection: null,
};

/** Of the Service that every case has. */
const ECHO = [
  "10.0.0.1 port 8080 weight 50 of default/echo",
  "10.0.0.2 port 8080 weight 50 of default/echo",
];

/** Without fields that have the values above, or that follow from others. */
export function brief({ gateway, listeners, upstreams }: Table): Brief {
  const settings = unusual(gateway, GATEWAY);
  return {
    ...(Object.keys(settings).length > 0 ? { gateway: settings } : {}),
    listeners: listeners.map(briefListener),
    upstreams: Object.fromEntries(Object.values(upstreams).map((each) => [each.name, briefUpstream(each)])),
  };
}

function briefListener(listener: Listener): Brief {
  const { id, source: _, port: __, routes, ...rest } = listener;
  return { id, ...unusual(rest, LISTENER), routes: routes.map(briefRoute) };
}

function briefRoute(route: Route): Brief {
  const { id, order, match, name: _, index: __, object: ___, upstream, source, ...rest } = route;
  return {
    id,
    ...(source.type === "rule" ? {} : { source: `${source.type} ${source.namespace}/${source.name}` }),
    order: `${order.place} ${order.priority} ${order.complexity} ${order.matchLength}`,
    match: match?.map(termText) ?? "never",
    ...(id.endsWith(`/${upstream}`) ? {} : { upstream }),
    ...unusual(rest, ROUTE),
  };
}

function termText({ subject, rows }: Term): string {
  const key = "key" in subject ? ` ${subject.key}` : "";
  return `${subject.type}${key}: ${rows.map(rowText).join(" | ")}`;
}

function rowText(row: Row): string {
  return Object.values(row).flat().join(" ");
}

/** `echo` = a group with the name of its rule and the endpoints of that Service. */
function briefUpstream(upstream: Upstream): Brief | "echo" {
  const { name, group, endpoints, ...rest } = upstream;
  const texts = endpoints.map(endpointText);
  const fields = {
    ...(name.endsWith(`/${group}`) ? {} : { group }),
    ...unusual(rest, UPSTREAM),
    ...(deepEqual(texts, ECHO) ? {} : { endpoints: texts }),
  };
  return Object.keys(fields).length === 0 ? "echo" : fields;
}

function endpointText({ address, port, weight, service }: Endpoint): string {
  return `${address} port ${port} weight ${weight} of ${service.namespace}/${service.name}`;
}

function unusual<T extends object>(value: T, usual: Partial<T>): Brief {
  const fields = Object.entries(value) as [keyof T & string, unknown][];
  return Object.fromEntries(
    fields.filter(([name, field]) => !(name in usual && deepEqual(field, usual[name]))),
  );
}
