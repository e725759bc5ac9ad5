/** Rules and service groups of Frontends as routes (data-plane spec 2 and 3). */
import type { Frontend } from "../../resources/frontend.ts";
import type { DslxTerm, Rule } from "../../resources/rule.ts";
import type { RedirectConfig } from "../../resources/shared-config.ts";
import type { Match } from "../../table/match.ts";
import { DEFAULT_PRIORITY } from "../../table/precedence.ts";
import type { Balancing, Protocol, Route, RouteOrder, Source, Upstream } from "../../table/table.ts";
import { backendProtocolOf, backendProtocolsOf } from "../shared/backend-protocol.ts";
import { balancingOf } from "../shared/balancing.ts";
import { errorPagesKey } from "../shared/error-pages.ts";
import { lookupFor } from "../shared/lookup.ts";
import { outlierDetectionOf } from "../shared/outlier.ts";
import { retryOf } from "../shared/retry.ts";
import { timeoutsOf } from "../shared/timeouts.ts";
import { servicesOf, type UpstreamPlan } from "../shared/upstream.ts";
import { upstreamTlsOf } from "../shared/upstream-tls.ts";
import { clampWeight } from "../shared/weights.ts";
import type { Context, Owner } from "../types.ts";
import { quote, type WildcardLabels } from "./checked-row.ts";
import { readDslx } from "./dslx-reading.ts";
import type { Refusal, RouteLayers } from "./features/feature.ts";
import { applyFeatures } from "./features/mod.ts";
import { frontendRedirect } from "./features/redirect.ts";
import type { ServedFrontend } from "./frontends.ts";

/** A route whose place is not known yet, and where it sends requests. */
export interface PlannedRoute {
  readonly route: Omit<Route, "index">;
  /** Undefined for a route that sends nothing on. */
  readonly plan: UpstreamPlan | undefined;
}

/** Matches every path, but not `OPTIONS *`. */
const EVERY_PATH: Match = [{ subject: { type: "URL" }, rows: [{ op: "STARTS_WITH", value: "/" }] }];

/** Undefined when the rule is not installed: the reasons are reported, and requests go to the next rule. */
export function ruleRoute(rule: Rule, served: ServedFrontend, context: Context): PlannedRoute | undefined {
  const match = compileMatch(rule, context);
  return match === undefined ? undefined : planRuleRoute(rule, match, served, context);
}

/** The route of a tcp or udp Frontend that has a rule: only its service group counts, whatever it matches. */
export function sessionRoute(rule: Rule, served: ServedFrontend, context: Context): PlannedRoute {
  return planRuleRoute(rule, [], served, context);
}

function planRuleRoute(rule: Rule, match: Match, served: ServedFrontend, context: Context): PlannedRoute {
  return planRoute(
    { object: rule, match, order: orderOf(rule, context), source: sourceOf(rule) },
    served,
    context,
  );
}

/** A Rule that something made from another object belongs to that object. */
function sourceOf({ metadata, spec }: Rule): Source {
  if (spec.source?.type === undefined) {
    return { type: "rule", namespace: metadata.namespace, name: metadata.name };
  }
  const { type, namespace = "", name = "" } = spec.source;
  return { type, namespace, name };
}

/** The route that sends to the Frontend's own service group what no rule wants; undefined when it has none. */
export function defaultRoute(served: ServedFrontend, context: Context): PlannedRoute | undefined {
  const object = served.frontend;
  if (!namesServices(object, context)) return undefined;
  const { namespace, name } = object.metadata;
  return planRoute(
    {
      object,
      match: isL4(served.protocol) ? [] : EVERY_PATH,
      order: { place: "last", priority: 999, complexity: -1, matchLength: 0 },
      source: { type: "ft_default_router", namespace, name },
    },
    served,
    context,
  );
}

/** The route that redirects whatever comes to a Frontend, before every rule; undefined when it does not. */
export function redirectRoute(served: ServedFrontend, context: Context): PlannedRoute | undefined {
  const { frontend, id, protocol } = served;
  const result = frontendRedirect(frontend, redirectOfPort(served, context), context);
  if (result === undefined) return undefined;
  const { namespace, name } = frontend.metadata;
  const route = {
    id: `${id}/${namespace}/${name}/redirect`,
    name,
    source: { type: "extension", namespace, name: `${name}-redirect` },
    object: { kind: "Frontend", namespace, name },
    order: { place: "first", priority: -1, complexity: 999_999_999, matchLength: 0 },
    match: EVERY_PATH,
    upstream: null,
    backendProtocol: "http",
    timeouts: timeoutsOf(protocol, []),
    retry: retryOf([]),
    filters: result.filters ?? [],
    refusal: result.refusal ?? null,
    errorPages: errorPagesKey([frontend, context.owner.alb]),
  } as const;
  return { route, plan: undefined };
}

/** The Frontend's own, else that of the whole gateway for its http port (data-plane spec 3.2). */
function redirectOfPort(
  { frontend, protocol }: ServedFrontend,
  { owner }: Context,
): RedirectConfig | undefined {
  const own = frontend.spec.config?.redirect;
  if (Object.values(own ?? {}).some(Boolean)) return own;
  const config = owner.alb?.spec.config;
  const isIngressPort = frontend.spec.port === (config?.ingressHTTPPort ?? 80);
  return config?.ingressSSLRedirect === true && protocol === "http" && isIngressPort
    ? { scheme: "https", code: 308 }
    : undefined;
}

/** Whether an object has a service group, be it one that was refused: then its route is there and says so. */
export function namesServices(object: Rule | Frontend, { snapshot }: Context): boolean {
  const services = object.spec.serviceGroup?.services ?? [];
  return services.length > 0 || snapshot.refusals(object).some(({ field }) => field === "spec.serviceGroup");
}

/** Where a rule stands among those of its Frontend (data-plane spec 2). */
export function orderOf({ spec }: Rule, { owner }: Context): RouteOrder {
  const { complexity, length } = readDslx(spec.dslx ?? NO_TERMS, wildcardLabels(owner));
  return { place: "normal", priority: spec.priority ?? DEFAULT_PRIORITY, complexity, matchLength: length };
}

const NO_TERMS: readonly DslxTerm[] = [];

function wildcardLabels({ mode }: Owner): WildcardLabels {
  return mode === "alb" ? "one" : "any";
}

/** Undefined when there is none to be had. */
function compileMatch(rule: Rule, { owner, report }: Context): Match | undefined {
  if (rule.spec.dslx === undefined) {
    const reason = "expected a list of terms; a Rule without one is not installed";
    report(rule, { code: "InvalidMatch", field: "spec.dslx", reason });
    return undefined;
  }
  const { compiled } = readDslx(rule.spec.dslx, wildcardLabels(owner));
  if (!compiled.ok) {
    for (const fault of compiled.faults) report(rule, { code: "InvalidMatch", ...fault });
    return undefined;
  }
  for (const fault of compiled.warnings) {
    report(rule, { code: "InvalidMatch", ...fault, severity: "warning" });
  }
  return compiled.match;
}

interface RouteDraft {
  /** Whose service group and settings they are; a Frontend for its default route. */
  readonly object: Rule | Frontend;
  readonly match: Match;
  readonly order: RouteOrder;
  readonly source: Source;
}

function planRoute(draft: RouteDraft, served: ServedFrontend, context: Context): PlannedRoute {
  const { object, match, order, source } = draft;
  const { frontend, protocol } = served;
  const { owner } = context;
  const { namespace, name } = object.metadata;
  const isRule = object.kind === "Rule";
  const layers = { rule: isRule ? object : undefined, frontend, alb: owner.alb };
  // A Rule may have the name of its Frontend; no name has a slash in it.
  const key = isRule ? `${namespace}/${name}` : `${namespace}/${name}/default`;
  const group = isRule ? name : `${owner.name}-${frontend.spec.port}-${served.protocolName}`;

  const faults: Refusal[] = [];
  reportWeights(object, context);
  const balancing = chooseBalancing(object, protocol, faults, context);
  const backendProtocol = chooseBackendProtocol(object, protocol, faults, context);
  const { filters, refusal } = isL4(protocol) ? NO_FEATURES : applyFeatures(layers, context);
  const nearest = [isL4(protocol) ? undefined : layers.rule, frontend, owner.alb];
  const configs = nearest.map((layer) => layer?.spec.config);

  const plan: UpstreamPlan = {
    upstream: {
      name: key,
      group,
      mode: modeOf(protocol),
      balancing,
      emptyStatus: owner.mode === "alb" ? 500 : 503,
      tls: backendProtocol === "https" ? chooseTls(layers, faults, context) : null,
      outlierDetection: outlierDetectionOf(configs.map((config) => config?.outlierDetection)),
    },
    object,
    services: servicesOf(object.spec.serviceGroup, namespace, protocol === "udp" ? "UDP" : "TCP"),
  };
  const route = {
    id: `${served.id}/${key}`,
    name,
    source,
    object: { kind: object.kind, namespace, name },
    order,
    match,
    upstream: key,
    backendProtocol,
    timeouts: timeoutsOf(protocol, configs.map((config) => config?.timeout)),
    retry: retryOf(configs.map((config) => config?.retry)),
    filters,
    refusal: refusal ?? faults[0] ?? null,
    errorPages: isL4(protocol) ? null : errorPagesKey([layers.rule, frontend, owner.alb]),
  };
  return { route, plan };
}

const NO_FEATURES = { filters: [], refusal: null } as const;

/** Weights count from 0 to 100 (data-plane spec 3.9). */
function reportWeights(object: Rule | Frontend, { report }: Context): void {
  for (const [place, { weight }] of (object.spec.serviceGroup?.services ?? []).entries()) {
    if (weight === undefined || weight === clampWeight(weight)) continue;
    report(object, {
      code: "InvalidAction",
      field: `spec.serviceGroup.services[${place}].weight`,
      reason: `expected 0 to 100, found ${weight}; it counts as ${clampWeight(weight)}`,
      severity: "warning",
    });
  }
}

/** What cannot be balanced as it says is served round robin, or refused when that would break every connection. */
function chooseBalancing(
  object: Rule | Frontend,
  protocol: Protocol,
  faults: Refusal[],
  { report }: Context,
): Balancing {
  const { balancing, finding } = balancingOf(object.spec.serviceGroup, isL4(protocol) ? 4 : 7);
  if (finding !== undefined) report(object, finding);
  if (finding !== undefined && finding.severity !== "warning") faults.push(invalid(finding.field));
  return balancing;
}

function chooseBackendProtocol(
  object: Rule | Frontend,
  protocol: Protocol,
  faults: Refusal[],
  { report }: Context,
): Route["backendProtocol"] {
  const given = object.spec.backendProtocol;
  const chosen = backendProtocolOf(protocol, given);
  if (chosen !== undefined) return chosen;
  const field = "spec.backendProtocol";
  const reason = `expected ${backendProtocolsOf(protocol)} on a ${protocol} frontend, found ${
    quote(given ?? "")
  }`;
  report(object, { code: "InvalidAction", field, reason });
  faults.push(invalid(field));
  return modeOf(protocol);
}

/** Whose TLS settings were reported in a translation: many rules inherit from one Frontend. */
const BLAMED = new WeakMap<Context, Set<Rule | Frontend>>();

/** TLS to endpoints that cannot be had as it was asked for is refused: nothing goes out less protected than meant. */
function chooseTls(
  { rule, frontend }: RouteLayers,
  faults: Refusal[],
  context: Context,
): Upstream["tls"] {
  let blamed = BLAMED.get(context);
  if (blamed === undefined) BLAMED.set(context, blamed = new Set());
  const owner = rule?.spec.config?.upstreamTLS === undefined ? frontend : rule;
  const { tls, finding, object } = upstreamTlsOf(
    owner.spec.config?.upstreamTLS,
    owner.metadata.namespace,
    lookupFor(owner, context),
  );
  if (finding === undefined) return tls;
  faults.push(invalid(object === undefined ? finding.field : "spec.config.upstreamTLS.caSecret"));
  if (!blamed.has(owner)) context.report(object ?? owner, finding);
  blamed.add(owner);
  return tls;
}

/** What clients are told; the values are for the author alone. */
function invalid(field: string): Refusal {
  return { status: 500, reason: `${field} is invalid` };
}

/** Whether the listener passes bytes or datagrams on, and knows no requests. */
export function isL4(protocol: Protocol): protocol is "tcp" | "udp" {
  return protocol === "tcp" || protocol === "udp";
}

function modeOf(protocol: Protocol): Upstream["mode"] {
  if (isL4(protocol)) return protocol;
  return protocol === "grpc" || protocol === "grpcs" ? "grpc" : "http";
}
