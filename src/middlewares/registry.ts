/** From filters to middlewares: the one map over {@link Filter}, and what users registered by name. */
import type { MiddlewareHandler } from "hono";
import type { Codings } from "../lib/codings.ts";
import type { Filter, FilterType } from "../table/filters.ts";
import type { Route } from "../table/table.ts";
import { actingMiddleware } from "./act.ts";
import { makeMiddleware } from "./asked-for.ts";
import { basicAuth } from "./auth/basic.ts";
import { forwardAuth } from "./auth/forward.ts";
import { authRefusal } from "./auth/refusal.ts";
import type { AuthServices } from "./auth/services.ts";
import type { NamedMiddleware } from "./compile.ts";
import { compress, mayCompress } from "./compress.ts";
import { cors } from "./cors.ts";
import { MIDDLEWARE_ORDER } from "./order.ts";
import { redirect } from "./redirect.ts";
import { requestHeaders } from "./request-headers.ts";
import { responseHeaders } from "./response-headers.ts";
import { reverseRewrite } from "./reverse-rewrite.ts";
import { rewrite } from "./rewrite.ts";
import { vhost } from "./vhost.ts";

/** Makes a middleware from the options that an object gives; throws an Error that says what is wrong with them. */
export type MiddlewareFactory = (options: unknown) => MiddlewareHandler;

/** User middlewares by the name under which objects ask for them. */
export type MiddlewareRegistry = ReadonlyMap<string, MiddlewareFactory>;

/** What middlewares are built with. */
export interface MiddlewareServices {
  readonly registry: MiddlewareRegistry;
  readonly auth: AuthServices;
  readonly codings: Codings;
}

interface BuildContext extends MiddlewareServices {
  /** Id of the route. */
  readonly route: string;
}

type Builder<F extends Filter> = (filter: F, context: BuildContext) => NamedMiddleware;

const COMPRESSIONS = new WeakMap<Codings, NamedMiddleware>();

/** One for all routes: nearly every route has it, and nothing about it is a route's own. */
function compression(codings: Codings): NamedMiddleware {
  const known = COMPRESSIONS.get(codings);
  if (known !== undefined) return known;
  const made = { name: "compress", handler: compress(codings), applies: mayCompress };
  COMPRESSIONS.set(codings, made);
  return made;
}

const BUILDERS = {
  compress: (_, { codings }) => compression(codings),
  cors: (filter) => actingMiddleware("cors", cors(filter)),
  redirect: (filter) => actingMiddleware("redirect", redirect(filter)),
  vhost: (filter) => actingMiddleware("vhost", vhost(filter)),
  "reverse-rewrite": (filter) => ({ name: "reverse-rewrite", handler: reverseRewrite(filter) }),
  rewrite: (filter) => actingMiddleware("rewrite", rewrite(filter)),
  "request-headers": (filter) => actingMiddleware("request-headers", requestHeaders(filter)),
  "response-headers": (filter) => actingMiddleware("response-headers", responseHeaders(filter)),
  "auth-refusal": (filter) => ({ name: "auth-refusal", handler: authRefusal(filter) }),
  "forward-auth": (filter, { auth, route }) => ({
    name: "forward-auth",
    handler: forwardAuth(filter, auth, route),
  }),
  "basic-auth": (filter, { auth }) => ({ name: "basic-auth", handler: basicAuth(filter, auth) }),
  middleware: (filter, { registry }) => ({
    name: filter.name,
    handler: makeMiddleware(filter, registry),
    wantsResponse: true,
  }),
} satisfies { [T in FilterType]: Builder<Extract<Filter, { type: T }>> };

/** The middlewares of a route in the order in which they run. Throws when one cannot be built, a `MiddlewareFault` if it is the user's. */
export function buildMiddlewares(
  { id, filters }: Pick<Route, "id" | "filters">,
  services: MiddlewareServices,
): NamedMiddleware[] {
  const context = { ...services, route: id };
  return MIDDLEWARE_ORDER.flatMap((type) =>
    filters.filter((filter) => filter.type === type).map((filter) => build(filter, context))
  );
}

function build<F extends Filter>(filter: F, context: BuildContext): NamedMiddleware {
  // Every builder takes the filter of its own type, which the compiler cannot follow through the lookup.
  return (BUILDERS[filter.type] as unknown as Builder<F>)(filter, context);
}
