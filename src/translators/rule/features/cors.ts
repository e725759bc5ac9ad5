/** `spec.enableCORS` and its companions; `spec.config.cors` has the fields that ALB lacks (data-plane spec 3.3). */
import type { CorsFilter } from "../../../table/filters.ts";
import { asksForRedirect } from "./redirect.ts";
import type { FeatureResult, RouteLayers } from "./feature.ts";

const DEFAULT_METHODS = "GET, PUT, POST, DELETE, PATCH, OPTIONS";
const DEFAULT_HEADERS =
  "DNT,X-CustomHeader,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Authorization";
const DEFAULT_MAX_AGE_S = 1_728_000;

export function cors({ rule }: RouteLayers): FeatureResult {
  if (rule?.spec.enableCORS !== true) return {};
  const { corsAllowOrigin = "", corsAllowHeaders, config } = rule.spec;
  const filter: CorsFilter = {
    type: "cors",
    allowOrigins: corsAllowOrigin.split(",").map((origin) => origin.trim()).filter((origin) => origin !== ""),
    allowMethods: config?.cors?.allowMethods || DEFAULT_METHODS,
    allowHeaders: corsAllowHeaders || DEFAULT_HEADERS,
    exposeHeaders: config?.cors?.exposeHeaders ?? "",
    allowCredentials: config?.cors?.allowCredentials ?? true,
    maxAgeS: config?.cors?.maxAge ?? DEFAULT_MAX_AGE_S,
    // Data-plane spec 0.3: a redirect comes first.
    answersPreflight: !asksForRedirect(rule),
  };
  return { filters: [filter] };
}
