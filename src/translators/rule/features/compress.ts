/** `ALB2 spec.config.enableGzip`, on unless switched off (data-plane spec 8.3). */
import type { FeatureResult, RouteLayers } from "./feature.ts";

const ON: FeatureResult = { filters: [{ type: "compress" }] };

export function compress({ alb }: RouteLayers): FeatureResult {
  return alb?.spec.config?.enableGzip === false ? {} : ON;
}
