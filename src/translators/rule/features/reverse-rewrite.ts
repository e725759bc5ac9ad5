/** `spec.config.reverseRewrite`: addresses in the upstream's answers; a setting that ALB lacks (data-plane spec 10.2). */
import type { FeatureResult, RouteLayers } from "./feature.ts";

export function reverseRewrite({ rule }: RouteLayers): FeatureResult {
  const { location = [], cookieDomain = [], cookiePath = [] } = rule?.spec.config?.reverseRewrite ?? {};
  return location.length + cookieDomain.length + cookiePath.length === 0
    ? {}
    : { filters: [{ type: "reverse-rewrite", location, cookieDomain, cookiePath }] };
}
