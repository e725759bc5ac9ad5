/** `spec.rewrite_target`, with `rewrite_base` or `url` as what is replaced (data-plane spec 3.1b). */
import { cachedRegex } from "../../../lib/regex-cache.ts";
import type { Context } from "../../types.ts";
import type { FeatureResult, RouteLayers } from "./feature.ts";

const TARGET = "spec.rewrite_target";
const DOT_SEGMENT = /[/\\]\.\.?[/\\;]/;

export function rewrite({ rule }: RouteLayers, { report }: Context): FeatureResult {
  const target = rule?.spec.rewrite_target;
  if (rule === undefined || target === undefined || target === "") return {};
  const { rewrite_base, url } = rule.spec;
  const field = rewrite_base ? "spec.rewrite_base" : "spec.url";
  const base = rewrite_base || url || "/";
  // Whatever a capture brings to it, such a segment would lead elsewhere than the path that was matched.
  if (DOT_SEGMENT.test(base === ".*" ? `/${target}/` : target)) {
    const reason = `expected a path without the segments . and .., found ${JSON.stringify(target)}`;
    report(rule, { code: "InvalidAction", field: TARGET, reason });
    return { refusal: { status: 500, reason: `${TARGET} is invalid` } };
  }
  if (base === ".*") return { filters: [{ type: "rewrite", path: { kind: "full", target } }] };
  const regex = cachedRegex(base);
  if (regex.ok) return { filters: [{ type: "rewrite", path: { kind: "regex", base, target } }] };
  report(rule, {
    code: "InvalidAction",
    field,
    reason: `${JSON.stringify(base)} is refused: ${regex.reason}`,
  });
  return { refusal: { status: 500, reason: `${field} is invalid` } };
}
