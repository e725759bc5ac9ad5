/** Compiles the routes of a listener into one function from request to route. */
import type { Route } from "../table/table.ts";
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
