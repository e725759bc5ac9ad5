/** `spec.config.auth` (data-plane spec 4.1). No authentication is built yet: what demands it is not let through. */
import type { AuthConfig } from "../../../resources/shared-config.ts";
import type { FeatureResult, RouteLayers } from "./feature.ts";

/** The nearest of rule, Frontend and ALB2 that has the object decides, as a whole (control-plane spec 1.5). */
export function auth({ rule, frontend, alb }: RouteLayers): FeatureResult {
  const nearest = rule?.spec.config?.auth ?? frontend.spec.config?.auth ?? alb?.spec.config?.auth;
  return demandsAuth(nearest)
    ? { refusal: { status: 503, reason: "authentication is demanded but not supported" } }
    : {};
}

/** An empty object demands nothing: it is how a rule opts out of what it would inherit. */
export function demandsAuth(config: AuthConfig | undefined): boolean {
  return config?.forward !== undefined || config?.basic !== undefined;
}
