/** The list of features that rules and default routes have. A new one is a file beside this and a line here. */
import type { Filter } from "../../../table/filters.ts";
import type { Context } from "../../types.ts";
import { auth } from "./auth.ts";
import { compress } from "./compress.ts";
import { cors } from "./cors.ts";
import type { Feature, Refusal, RouteLayers } from "./feature.ts";
import { headerModification } from "./header-modification.ts";
import { middlewares } from "./middlewares.ts";
import { redirect } from "./redirect.ts";
import { refusedParts } from "./refused-parts.ts";
import { reverseRewrite } from "./reverse-rewrite.ts";
import { rewrite } from "./rewrite.ts";
import { vhost } from "./vhost.ts";

/** In the order in which their refusals count: the first one is what clients see. */
const FEATURES: readonly Feature[] = [
  refusedParts,
  auth,
  redirect,
  cors,
  vhost,
  rewrite,
  reverseRewrite,
  headerModification,
  compress,
  middlewares,
];

/** Asks every feature what it adds to a route. */
export function applyFeatures(
  layers: RouteLayers,
  context: Context,
): { readonly filters: readonly Filter[]; readonly refusal: Refusal | null } {
  const results = FEATURES.map((feature) => feature(layers, context));
  return {
    filters: results.flatMap(({ filters = [] }) => filters),
    refusal: results.find(({ refusal }) => refusal !== undefined)?.refusal ?? null,
  };
}
