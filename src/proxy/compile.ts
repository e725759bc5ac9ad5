/** A listener of the table as functions: matcher, chains, addresses. Everything that depends on the table alone is done here. */
import type { Problem } from "../errors.ts";
import { deepEqual } from "../lib/deep-equal.ts";
import { parseNetwork } from "../lib/ip.ts";
import { compileMatcher } from "../matcher/mod.ts";
import {
  type ActingMiddleware,
  foldMiddlewares,
  type NamedMiddleware,
  needsChain,
} from "../middlewares/compile.ts";
import { buildMiddlewares, type MiddlewareServices } from "../middlewares/registry.ts";
import type { GatewaySettings, Listener, Route } from "../table/table.ts";
import type { UpstreamRegistry } from "../upstreams/upstream.ts";
import { type AppOptions, failureAnswer, forwardingEnd } from "./app.ts";
import type { CompiledListener, CompiledRoute } from "./compiled.ts";
import { refusalEnd } from "./refusal.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";

export interface CompileOptions {
  readonly app: AppOptions;
  readonly upstreams: UpstreamRegistry<UpstreamConnection>;
  readonly middlewares: MiddlewareServices;
  /** Receives what cannot be built. */
  readonly problems: Problem[];
}

/** Takes the matcher over from `old` when the routes are still the same. */
export function compileListener(
  gateway: GatewaySettings,
  spec: Listener,
  old: CompiledListener | undefined,
  options: CompileOptions,
): CompiledListener {
  const sameRoutes = old !== undefined && deepEqual(old.spec.routes, spec.routes);
  const routes = sameRoutes ? old.spec.routes : spec.routes;
  return {
    spec: { ...spec, routes },
    matcher: sameRoutes ? old.matcher : compileMatcher(routes),
    routes: new Map(routes.map((route) => [route, compileRoute(route, options)])),
    trustedProxies: gateway.trustedProxies.flatMap((cidr) => parseNetwork(cidr) ?? []),
    viaLine: spec.via === null ? "" : `Via: ${spec.via}\r\n`,
    instance: `${gateway.namespace}/${gateway.name}`,
    limits: options.app.limits,
  };
}

function compileRoute(route: Route, options: CompileOptions): CompiledRoute {
  const upstream = route.upstream === null ? undefined : options.upstreams.all.get(route.upstream);
  const bare: CompiledRoute = { route, upstream, chain: undefined, needsChain: never, acts: [] };
  const refused = (refusal: NonNullable<Route["refusal"]>): CompiledRoute => ({
    ...bare,
    chain: refusalEnd(refusal),
    needsChain: always,
  });
  if (route.refusal !== null) return refused(route.refusal);
  try {
    const middlewares = buildMiddlewares(route, options.middlewares);
    return middlewares.length === 0 ? bare : withChain(bare, middlewares, options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const field = "spec.config.middlewares";
    options.problems.push({ severity: "error", code: "InvalidAction", object: route.object, field, reason });
    return refused({ status: 500, reason });
  }
}

function withChain(
  bare: CompiledRoute,
  middlewares: readonly NamedMiddleware[],
  { app }: CompileOptions,
): CompiledRoute {
  const wantsResponse = middlewares.some((middleware) => middleware.wantsResponse === true);
  const compiled: CompiledRoute = {
    ...bare,
    chain: foldMiddlewares(
      middlewares,
      forwardingEnd(app, () => compiled, wantsResponse),
      failureAnswer(app),
    ),
    needsChain: needsChain(middlewares),
    acts: middlewares.filter((middleware) => middleware.act !== undefined) as ActingMiddleware[],
  };
  return compiled;
}

const always = () => true;
const never = () => false;
