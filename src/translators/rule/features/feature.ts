/** What a feature of rules is: one file in this folder, a function from the objects of a route to what it adds. */
import type { Alb2 } from "../../../resources/alb2.ts";
import type { Frontend } from "../../../resources/frontend.ts";
import type { Rule } from "../../../resources/rule.ts";
import type { Filter } from "../../../table/filters.ts";
import type { Route } from "../../../table/table.ts";
import type { Context } from "../../types.ts";

/** The objects that have a say in a route. */
export interface RouteLayers {
  /** Undefined for the default route of the Frontend. */
  readonly rule: Rule | undefined;
  readonly frontend: Frontend;
  /** Undefined for the implicit gateway. */
  readonly alb: Alb2 | undefined;
}

export interface FeatureResult {
  readonly filters?: readonly Filter[];
  /** Set when the feature was asked for and cannot be built: the route answers this instead of passing traffic on. */
  readonly refusal?: Refusal;
}

export type Refusal = NonNullable<Route["refusal"]>;

/** Problems go to `context.report`; once per object, not once per route that inherits from it. */
export type Feature = (layers: RouteLayers, context: Context) => FeatureResult;
