/** Compiles the routes of a listener into one function from request to route. */
import { atOnce, eachOf, type Steps } from "../lib/steps.ts";
import type { Route } from "../table/table.ts";
import { planRoute } from "./dslx.ts";
import { findByHost, newHostIndexBuilder } from "./host.ts";
import { newContext } from "./context.ts";
import type { RequestView } from "./request-view.ts";

/** Finds the first route in order that matches, or undefined. Never throws, never awaits. */
export interface Matcher {
  find(request: RequestView): Route | undefined;
}

/** Why one route did not match, for `explain`. */
export interface MatchStep {
  readonly route: Route;
  readonly matched: boolean;
  /** The first term that failed, and the value it saw; undefined when it matched or has no terms. */
  readonly failed?: { readonly term: string; readonly saw: string };
}

/**
 * Compiles `routes`, which are in the order in which they are tried. The index finds candidates by host and path;
 * other terms are asked of them, so time depends on how many routes share a host and path, not on how many there are.
 * `naive.ts` is its twin without an index. A route that can never match (or whose expression does not compile, which
 * translation has refused before) is left out.
 */
export function compileMatcher(routes: readonly Route[]): Matcher {
  return atOnce(compileMatcherSteps(routes));
}

/** {@link compileMatcher} for thousands of routes beside traffic. */
export function* compileMatcherSteps(routes: readonly Route[]): Steps<Matcher> {
  const context = newContext();
  const builder = newHostIndexBuilder();
  yield* eachOf(routes, (route, place) => {
    const plan = planRoute(route.match, context);
    if (plan !== null) builder.add(plan, { place, route, predicates: plan.predicates });
  });
  const index = yield* builder.seal();
  return {
    find(request) {
      context.begin();
      return findByHost(index, request).route;
    },
  };
}
