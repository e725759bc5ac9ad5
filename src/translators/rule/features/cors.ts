/** `spec.enableCORS` and its companions; `spec.config.cors` has the fields that ALB lacks (data-plane spec 3.3). */
import type { CorsFilter } from "../../../table/filters.ts";
import type { Context } from "../../types.ts";
import { asksForRedirect } from "./redirect.ts";
import type { FeatureResult, RouteLayers } from "./feature.ts";

const DEFAULT_METHODS = "GET, PUT, POST, DELETE, PATCH, OPTIONS";
const DEFAULT_HEADERS =
  "DNT,X-CustomHeader,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Authorization";
const DEFAULT_MAX_AGE_S = 1_728_000;

/** `*`, `null`, or an origin as browsers send it, in which one `*` may stand for names (RFC 6454 6.2). */
const ORIGIN = /^(?:\*|null|[a-z][a-z0-9+.-]*:\/\/(?=[^*]*\*?[^*]*$)[^/?#\s@]+)$/i;

/** Of a method or header with blanks around it; `*` is one too (Fetch standard 3.2.4). */
const NAME = /^\s*[\w!#$%&'*+.^`|~-]+\s*$/;

export function cors({ rule }: RouteLayers, { report }: Context): FeatureResult {
  if (rule?.spec.enableCORS !== true) return {};
  const { corsAllowOrigin = "", corsAllowHeaders, config } = rule.spec;
  const allowOrigins = originsIn(corsAllowOrigin);
  // They stay in the list, where they match nothing: without them it might be empty, and an empty list is everybody.
  for (const origin of allowOrigins.filter((each) => !ORIGIN.test(each))) {
    report(rule, {
      code: "InvalidAction",
      field: "spec.corsAllowOrigin",
      reason: `${JSON.stringify(origin)} is no origin that a browser sends; expected *, ` +
        "https://example.com[:PORT] or https://*.example.com",
      severity: "warning",
    });
  }
  const names = (field: string, given: string | undefined): string => {
    const text = given?.trim() ?? "";
    const wrong = text.split(",").find((name) => !NAME.test(name));
    if (text !== "" && wrong !== undefined) {
      const reason = `expected names, divided by commas; ${JSON.stringify(wrong.trim())} is none`;
      report(rule, { code: "InvalidAction", field, reason, severity: "warning" });
    }
    return text;
  };
  const filter: CorsFilter = {
    type: "cors",
    allowOrigins,
    allowMethods: names("spec.config.cors.allowMethods", config?.cors?.allowMethods) || DEFAULT_METHODS,
    allowHeaders: names("spec.corsAllowHeaders", corsAllowHeaders) || DEFAULT_HEADERS,
    exposeHeaders: names("spec.config.cors.exposeHeaders", config?.cors?.exposeHeaders),
    allowCredentials: config?.cors?.allowCredentials ?? true,
    maxAgeS: config?.cors?.maxAge ?? DEFAULT_MAX_AGE_S,
    // Data-plane spec 0.3: a redirect comes first.
    answersPreflight: !asksForRedirect(rule),
  };
  return { filters: [filter] };
}

/** The entries of a list; one that has nothing but commas is its own only entry, since an empty list is everybody. */
function originsIn(text: string): readonly string[] {
  const origins = text.split(",").map((origin) => origin.trim()).filter((origin) => origin !== "");
  return origins.length === 0 && text.trim() !== "" ? [text.trim()] : origins;
}
