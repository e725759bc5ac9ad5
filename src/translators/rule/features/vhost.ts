/** `spec.vhost` (data-plane spec 3.4). */
import { normalizeHost } from "../../../lib/host.ts";
import type { Context } from "../../types.ts";
import type { FeatureResult, RouteLayers } from "./feature.ts";

const FIELD = "spec.vhost";

export function vhost({ rule }: RouteLayers, { report }: Context): FeatureResult {
  const host = rule?.spec.vhost;
  if (rule === undefined || host === undefined || host === "") return {};
  if (normalizeHost(host) !== null && !/:0+$/.test(host)) return { filters: [{ type: "vhost", host }] };
  report(rule, {
    code: "InvalidAction",
    field: FIELD,
    reason: `expected a host, found ${JSON.stringify(host)}`,
  });
  return { refusal: { status: 500, reason: `${FIELD} is invalid` } };
}
