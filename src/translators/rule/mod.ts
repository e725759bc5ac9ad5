/** Frontends and Rules as listeners with routes (control-plane spec 3.2). */
import { eachOf, sorted, type Steps } from "../../lib/steps.ts";
import type { Rule } from "../../resources/rule.ts";
import { compareRoutes, PRIORITY_RANGE } from "../../table/precedence.ts";
import type { Listener, Route } from "../../table/table.ts";
import { createErrorPageCollector, type ErrorPages, NO_ERROR_PAGES } from "../shared/error-pages.ts";
import { keepaliveOf } from "../shared/keepalive.ts";
import type { UpstreamPlan } from "../shared/upstream.ts";
import type { Context } from "../types.ts";
import { rulesByFrontend } from "./binding.ts";
import { createUnbuiltReporter, reportUnservedProtocol } from "./features/not-yet.ts";
import { asksForRedirect } from "./features/redirect.ts";
import { createKnownRules, type KnownRules } from "./known-rules.ts";
import { keyOf, type ServedFrontend, servedFrontends } from "./frontends.ts";
import {
  defaultRoute,
  isL4,
  namesServices,
  orderOf,
  type PlannedRoute,
  redirectRoute,
  ruleRoute,
  sessionRoute,
} from "./routes.ts";

export interface RuleTranslation {
  readonly listeners: readonly Listener[];
  readonly upstreams: readonly UpstreamPlan[];
}

/** Translates every Frontend of the gateway with its Rules. */
export function* translateRules(context: Context): Steps<RuleTranslation> {
  const { alb } = context.owner;
  if (alb?.spec.config?.enableALb === false) return { listeners: [], upstreams: [] };
  const reportUnbuilt = createUnbuiltReporter(context);
  if (alb !== undefined) reportUnbuilt(alb);
  const rules = yield* rulesByFrontend(context);
  const upstreams: UpstreamPlan[] = [];
  const listeners: Listener[] = [];
  const known = createKnownRules(context, planRule);
  const errorPagesOf = createErrorPageCollector(context);
  for (const served of servedFrontends(context).values()) {
    const bound = rules.get(keyOf(served.frontend)) ?? [];
    reportUnbuilt(served.frontend);
    reportUnservedProtocol(served.frontend, served.protocol, context);
    if (!isL4(served.protocol)) yield* eachOf(bound, reportUnbuilt);
    const planned = yield* planRoutes(served, bound, known);
    const routes: Route[] = [];
    yield* eachOf(planned, ({ route, plan }, place) => {
      routes.push(placed(route, place + 1));
      if (plan !== undefined) upstreams.push(plan);
    });
    const errorPages = isL4(served.protocol) ? NO_ERROR_PAGES : errorPagesOf(served.frontend, bound);
    listeners.push({ ...listenerOf(served, routes, context), ...errorPages });
  }
  return { listeners, upstreams };
}

/** Routes at the places that they had last: the same objects need not be compared. */
const PLACED = new WeakMap<PlannedRoute["route"], Route>();

function placed(route: PlannedRoute["route"], index: number): Route {
  const known = PLACED.get(route);
  if (known?.index === index) return known;
  const made = { ...route, index };
  PLACED.set(route, made);
  return made;
}

function listenerOf(
  served: ServedFrontend,
  routes: readonly Route[],
  { owner }: Context,
): Omit<Listener, keyof ErrorPages> {
  const { frontend, id, protocol } = served;
  const { namespace, name } = frontend.metadata;
  return {
    id,
    name,
    source: { type: "frontend", namespace, name },
    port: frontend.spec.port,
    protocol,
    routes,
    via: owner.mode === "alb" && !isL4(protocol) ? "alb" : null,
    keepalive: keepaliveOf(protocol, frontend.spec.config?.keepalive),
  };
}

/** In the order in which they are tried. */
function* planRoutes(
  served: ServedFrontend,
  rules: readonly Rule[],
  known: KnownRules,
): Steps<readonly PlannedRoute[]> {
  const { context } = known;
  const planned: (PlannedRoute | undefined)[] = [];
  if (isL4(served.protocol)) planned.push(planSession(served, rules, context));
  else {
    // Behind a redirect of everything, the default route could not be reached.
    planned.push(redirectRoute(served, context) ?? defaultRoute(served, context));
    yield* eachOf(rules, (rule) => planned.push(known.plan(rule, served)));
  }
  const routes = planned.filter((each) => each !== undefined);
  return yield* sorted(routes, (a, b) => compareRoutes(a.route, b.route));
}

function planRule(rule: Rule, served: ServedFrontend, context: Context): PlannedRoute | undefined {
  reportOddities(rule, context);
  return ruleRoute(rule, served, context);
}

/** Settings that are served as they are, and probably not what was meant. */
function reportOddities(rule: Rule, context: Context): void {
  const { report } = context;
  const { priority } = rule.spec;
  const { min, max } = PRIORITY_RANGE;
  if (priority !== undefined && !(priority >= min && priority <= max)) {
    report(rule, {
      code: "InvalidObject",
      field: "spec.priority",
      reason:
        `expected ${min} to ${max}, found ${priority}; it counts among the rules, not against default routes`,
      severity: "warning",
    });
  }
  if (!asksForRedirect(rule) && !namesServices(rule, context)) {
    report(rule, {
      code: "UnresolvedReference",
      field: "spec.serviceGroup.services",
      reason: "it names no Service: what it matches is answered with an error",
      severity: "warning",
    });
  }
}

/** tcp and udp have one route: that of the first rule, else the Frontend's own (data-plane spec 6). */
function planSession(
  served: ServedFrontend,
  rules: readonly Rule[],
  context: Context,
): PlannedRoute | undefined {
  const [first, ...others] = rules.map((rule) => {
    const { namespace, name } = rule.metadata;
    return { rule, id: `${namespace}/${name}`, name, order: orderOf(rule, context) };
  }).sort(compareRoutes);
  if (first === undefined) return defaultRoute(served, context);
  for (const { rule } of others) {
    context.report(rule, {
      code: "Unsupported",
      field: "",
      reason: `it is not used: a ${served.protocol} Frontend has one route, that of Rule ${first.id}`,
      severity: "warning",
    });
  }
  return sessionRoute(first.rule, served, context);
}
