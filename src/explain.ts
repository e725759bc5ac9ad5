/** What would be done with a request, from the table alone: nothing is sent. */
import type { Explanation } from "../routes/shapes.ts";
import type { ExplainQuery } from "../routes/ports.ts";
import { GatewayError, type Problem } from "./errors.ts";
import { formatEndpoint } from "./lib/endpoint.ts";
import { parseNetwork } from "./lib/ip.ts";
import { splitTarget } from "./lib/path.ts";
import { explainRoutes } from "./matcher/explain.ts";
import { requestOf, viewRequest, type ViewResult } from "./matcher/view.ts";
import { MIDDLEWARE_ORDER } from "./middlewares/order.ts";
import type { Filter } from "./table/filters.ts";
import type { Listener, Route, Table } from "./table/table.ts";

type Action = Explanation["action"];
type Stale = Explanation["stale"][number];
type Decision = Pick<Explanation, "route" | "filters" | "action" | "errorPages" | "steps">;

/** What is known of the configuration that a table was made of. */
export interface Background {
  readonly problems: readonly Problem[];
  /** Secrets and ConfigMaps that an object names. */
  usedBy(object: Stale["object"]): readonly Stale["object"][];
}

const NOTHING_KNOWN: Background = { problems: [], usedBy: () => [] };

/** `query.url` is an absolute http or https URL. */
export function explain(
  table: Table,
  query: ExplainQuery,
  background: Background = NOTHING_KNOWN,
): Explanation {
  const { method, url, from, headers } = query;
  const listener = table.listeners.find((each) => each.port === portOf(url) && each.protocol !== "udp");
  const trusted = table.gateway.trustedProxies.flatMap((block) => parseNetwork(block) ?? []);
  const view = viewRequest({ method, ...requestOf(url, headers), peer: from }, trusted);
  const decision = decide(table, listener, view, url);
  return {
    shape: 1,
    request: { method, url, from, view: view.ok ? viewOf(view) : null },
    listener: listener === undefined ? null : {
      id: listener.id,
      name: listener.name,
      port: listener.port,
      protocol: listener.protocol,
    },
    ...decision,
    stale: staleAmong(involved(table, listener, decision, background), background.problems),
  };
}

/** Objects that have a say in the decision. */
function involved(
  table: Table,
  listener: Listener | undefined,
  { route, action, steps }: Decision,
  { usedBy }: Background,
): Stale["object"][] {
  const { gateway } = table;
  const objects = [{ kind: "ALB2", namespace: gateway.namespace, name: gateway.name }];
  if (listener !== undefined) objects.push({ kind: "Frontend", ...nameOf(listener.source) });
  // A route that did not match may have, had its object been read as it is written.
  for (const { object } of steps) objects.push(object);
  if (route !== null) objects.push(route.object);
  for (const { service } of action.type === "forward" ? action.endpoints : []) {
    const [namespace = "", name = ""] = service.split("/");
    objects.push({ kind: "Service", namespace, name });
  }
  objects.push(...objects.flatMap(usedBy));
  const unique = new Map(objects.map((object) => [Object.values(object).join("/"), object]));
  return [...unique.values()];
}

function nameOf({ namespace, name }: { readonly namespace: string; readonly name: string }) {
  return { namespace, name };
}

/** Those of `objects` of which an earlier version is served, once for each reason. */
function staleAmong(objects: readonly Stale["object"][], problems: readonly Problem[]): Stale[] {
  const stale = problems.filter((problem) => problem.stale === true);
  return objects.flatMap((object) =>
    stale.filter((problem) => [problem.object, ...problem.keeps ?? []].some((each) => isSame(each, object)))
      .map(({ field, reason, keeps, object: { file, line } }) => ({
        object,
        field: keeps === undefined ? field : "",
        reason: keeps === undefined ? reason : `${file}:${line ?? 1} cannot be read: ${reason}`,
      }))
  );
}

function isSame(a: Stale["object"], b: Stale["object"]): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}

function decide(table: Table, listener: Listener | undefined, view: ViewResult, url: string): Decision {
  const nothing = { route: null, filters: [], errorPages: [], steps: [] };
  if (listener === undefined) {
    return { ...nothing, action: { type: "none", reason: `nothing listens on port ${portOf(url)}` } };
  }
  if (listener.protocol === "tcp") {
    const [route] = listener.routes;
    if (route === undefined) {
      return { ...nothing, action: { type: "none", reason: "the Frontend has no backend" } };
    }
    return { ...nothing, route: reference(route), action: actionOf(table, route) };
  }
  if (!view.ok) return { ...nothing, action: failure(new GatewayError("BAD_REQUEST", view.reason)) };
  const steps = explainRoutes(listener.routes, view.request);
  const route = steps.find(({ matched }) => matched)?.route;
  return {
    route: route === undefined ? null : reference(route),
    filters: route === undefined || route.refusal !== null ? [] : inOrder(route.filters).map(printFilter),
    action: route === undefined ? noRoute(listener) : actionOf(table, route),
    errorPages: errorPagesOf(listener, route === undefined ? listener.unmatchedErrorPages : route.errorPages),
    steps: steps.map(({ route, matched, failed }) => ({
      ...reference(route),
      matched,
      failed: failed ?? null,
    })),
  };
}

function actionOf(table: Table, route: Route): Action {
  if (route.refusal !== null) {
    const { status, reason } = route.refusal;
    return failure(new GatewayError(status === 503 ? "INVALID_AUTH" : "INVALID_ACTION", reason));
  }
  const upstream = route.upstream === null ? undefined : table.upstreams[route.upstream];
  if (upstream === undefined) return { type: "none", reason: "the filters of the route answer" };
  if (upstream.endpoints.length === 0) {
    const code = upstream.emptyStatus === 503 ? "NO_ENDPOINTS_STANDARD" : "NO_ENDPOINTS";
    return failure(new GatewayError(code, `no balancer found for ${upstream.group}`));
  }
  return {
    type: "forward",
    upstream: upstream.name,
    policy: upstream.balancing.policy,
    backendProtocol: route.backendProtocol,
    endpoints: upstream.endpoints.map((endpoint) => ({
      endpoint: formatEndpoint(endpoint),
      weight: endpoint.weight,
      service: `${endpoint.service.namespace}/${endpoint.service.name}`,
    })),
    timeouts: { ...route.timeouts },
  };
}

function errorPagesOf(listener: Listener, key: string | null): Explanation["errorPages"] {
  const pages = key === null ? undefined : listener.errorPages[key];
  return (pages ?? []).map(({ statuses, contentType }) => ({
    statuses: statuses.map(({ from, to }) => from === to ? `${from}` : `${from}-${to}`),
    contentType,
  }));
}

function noRoute(listener: Listener): Action {
  return failure(
    listener.routes.length === 0
      ? new GatewayError("EMPTY_POLICY", "empty policy")
      : new GatewayError("NO_RULE_MATCH", "no rule match"),
  );
}

function failure({ status, code, reason }: GatewayError): Action {
  return { type: "answer", status, error: code, reason };
}

function reference({ id, name, index, object }: Route): NonNullable<Explanation["route"]> {
  return { id, name, index, object: { kind: object.kind, namespace: object.namespace, name: object.name } };
}

function viewOf({ request }: ViewResult & { ok: true }): NonNullable<Explanation["request"]["view"]> {
  const { host, path, query, sourceAddress } = request;
  return { host, path, query, sourceAddress };
}

function inOrder(filters: readonly Filter[]): readonly Filter[] {
  return MIDDLEWARE_ORDER.flatMap((type) => filters.filter((filter) => filter.type === type));
}

function printFilter(filter: Filter): string {
  return filter.type === "middleware" ? `middleware ${filter.name}` : filter.type;
}

function portOf(url: string): number {
  const port = /:(\d+)$/.exec(splitTarget(url).authority ?? "")?.[1];
  return port === undefined ? /^https:/i.test(url) ? 443 : 80 : Number(port);
}
