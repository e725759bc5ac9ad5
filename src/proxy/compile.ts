/** A listener of the table as functions: matcher, chains, addresses. Everything that depends on the table alone is done here. */
import type { Problem } from "../errors.ts";
import { deepEqual } from "../lib/deep-equal.ts";
import { parseNetwork } from "../lib/ip.ts";
import { eachOf, type Steps } from "../lib/steps.ts";
import { compileMatcherSteps } from "../matcher/mod.ts";
import { type ActingMiddleware, foldMiddlewares, needsChain } from "../middlewares/compile.ts";
import { MiddlewareFault, MIDDLEWARES_FIELD } from "../middlewares/asked-for.ts";
import { buildMiddlewares, type MiddlewareServices } from "../middlewares/registry.ts";
import type { FilterType } from "../table/filters.ts";
import type { GatewaySettings, Listener, Route } from "../table/table.ts";
import type { UpstreamRegistry } from "../upstreams/upstream.ts";
import { type AppOptions, failureAnswer, forwardingEnd } from "./app.ts";
import type { CompiledListener, CompiledRoute } from "./compiled.ts";
import { compileErrorPages } from "./error-pages.ts";
import { refusalEnd } from "./refusal.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";

export interface CompileOptions {
  readonly app: AppOptions;
  readonly upstreams: UpstreamRegistry<UpstreamConnection>;
  readonly middlewares: MiddlewareServices;
}

/**
 * Takes over from `old` what depends on routes alone, when they are still the same: after a change of endpoints, which
 * reach the routes through their upstream, nothing is compiled.
 */
export function* compileListener(
  gateway: GatewaySettings,
  spec: Listener,
  old: CompiledListener | undefined,
  options: CompileOptions,
): Steps<CompiledListener> {
  const parts = old !== undefined && deepEqual(old.spec.routes, spec.routes)
    ? { routes: old.routes, matcher: old.matcher, problems: old.problems }
    : yield* compileRoutes(spec.routes, old, options);
  return {
    ...parts,
    spec: parts.matcher === old?.matcher ? { ...spec, routes: old.spec.routes } : spec,
    trustedProxies: gateway.trustedProxies.flatMap((cidr) => parseNetwork(cidr) ?? []),
    viaLine: spec.via === null ? "" : `Via: ${spec.via}\r\n`,
    instance: `${gateway.namespace}/${gateway.name}`,
    limits: options.app.limits,
    errorPages: old !== undefined && deepEqual(old.spec.errorPages, spec.errorPages)
      ? old.errorPages
      : compileErrorPages(spec.errorPages),
  };
}

/** Routes that are still the same objects keep what was built for them, and with it what their features remember. */
function* compileRoutes(
  routes: readonly Route[],
  old: CompiledListener | undefined,
  options: CompileOptions,
): Steps<Pick<CompiledListener, "routes" | "matcher" | "problems">> {
  const matcher = yield* compileMatcherSteps(routes);
  const compiled = new Map<Route, CompiledRoute>();
  const problems: Problems = new Map();
  const chains: Chains = new Map();
  // What could not be built is told anew each time.
  const built = old?.problems.length === 0 ? old.routes : undefined;
  yield* eachOf(routes, (route) => {
    const upstream = route.upstream === null ? undefined : options.upstreams.all.get(route.upstream);
    const known = built?.get(route);
    compiled.set(
      route,
      known !== undefined && known.upstream === upstream
        ? known
        : { route, upstream, ...chainOf(route, chains, problems, options) },
    );
  });
  return { routes: compiled, matcher, problems: [...problems.values()] };
}

/** Each once: many routes inherit from one object. */
type Problems = Map<string, Problem>;

/** What a route does to its requests. */
type RouteChain = Pick<CompiledRoute, "chain" | "needsChain" | "acts">;

/** Chains of the routes of one listener by the filters they are made of. */
type Chains = Map<string, RouteChain>;

const NO_CHAIN: RouteChain = { chain: undefined, needsChain: () => false, acts: [] };

function refused(refusal: NonNullable<Route["refusal"]>): RouteChain {
  return { chain: refusalEnd(refusal), needsChain: () => true, acts: [] };
}

/** Features that know which route they belong to, or may keep something for it. */
const OF_ONE_ROUTE: ReadonlySet<FilterType> = new Set<FilterType>(["forward-auth", "middleware"]);

function chainOf(route: Route, chains: Chains, problems: Problems, options: CompileOptions): RouteChain {
  const { filters, refusal } = route;
  if (refusal !== null) return refused(refusal);
  if (filters.length === 0) return NO_CHAIN;
  try {
    if (filters.some(({ type }) => OF_ONE_ROUTE.has(type))) return newChain(route, options);
    // Thousands of rules do the same.
    const key = JSON.stringify(filters);
    let chain = chains.get(key);
    if (chain === undefined) chains.set(key, chain = newChain(route, options));
    return chain;
  } catch (error) {
    const problem = problemOf(error, route);
    problems.set(JSON.stringify(problem), problem);
    // What a middleware says of its options is for who wrote them.
    return refused({ status: 500, reason: `${MIDDLEWARES_FIELD} is invalid` });
  }
}

function problemOf(error: unknown, { object }: Route): Problem {
  if (error instanceof MiddlewareFault) return error.problem;
  const reason = error instanceof Error ? error.message : String(error);
  return { severity: "error", code: "InvalidAction", object, field: MIDDLEWARES_FIELD, reason };
}

function newChain(route: Route, { app, middlewares: services }: CompileOptions): RouteChain {
  const middlewares = buildMiddlewares(route, services);
  const wantsResponse = middlewares.some((middleware) => middleware.wantsResponse === true);
  return {
    chain: foldMiddlewares(middlewares, forwardingEnd(app, wantsResponse), failureAnswer(app)),
    needsChain: needsChain(middlewares),
    acts: middlewares.filter((middleware) => middleware.act !== undefined) as ActingMiddleware[],
  };
}
