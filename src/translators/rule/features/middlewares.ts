/** `spec.config.middlewares`: middlewares of the user's own, by name; a setting that ALB lacks. */
import type { Filter } from "../../../table/filters.ts";
import type { FeatureResult, RouteLayers } from "./feature.ts";

/**
 * Unlike the other settings, the lists of the three objects do not replace each other but run one behind the other:
 * those of the ALB2 first, those of the Rule last, next to the upstream.
 */
export function middlewares({ rule, frontend, alb }: RouteLayers): FeatureResult {
  const filters = [alb, frontend, rule].flatMap((object): Filter[] => {
    if (object === undefined) return [];
    const { kind, metadata: { namespace, name: owner }, spec: { config } } = object;
    return (config?.middlewares ?? []).map(({ name, options = null }, place) => ({
      type: "middleware",
      name,
      options,
      source: { kind, namespace, name: owner, place },
    }));
  });
  return filters.length === 0 ? {} : { filters };
}
