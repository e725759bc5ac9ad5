/** `spec.config.outlierDetection`: endpoints that fail rest for a while; a setting that ALB lacks (data-plane spec 10.3). */
import type { OutlierConfig } from "../../resources/shared-config.ts";
import type { OutlierDetection } from "../../table/table.ts";

const CONSECUTIVE_FAILURES = 5;
const EJECTION_MS = 30_000;

/**
 * Null = none, unless a layer asks for it.
 *
 * @param layers nearest first; the first that has the object decides alone
 */
export function outlierDetectionOf(layers: readonly (OutlierConfig | undefined)[]): OutlierDetection | null {
  const layer = layers.find((each) => each !== undefined);
  if (layer === undefined || layer.enable === false) return null;
  return {
    consecutiveFailures: layer.consecutiveFailures ?? CONSECUTIVE_FAILURES,
    ejectionMs: layer.ejectionMs ?? EJECTION_MS,
  };
}
