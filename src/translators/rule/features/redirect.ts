/** `spec.config.redirect` and the fields that it replaced (data-plane spec 3.2). */
import { normalizeHost } from "../../../lib/host.ts";
import type { Frontend } from "../../../resources/frontend.ts";
import type { Rule } from "../../../resources/rule.ts";
import type { RedirectConfig } from "../../../resources/shared-config.ts";
import type { RedirectFilter } from "../../../table/filters.ts";
import type { Context } from "../../types.ts";
import type { FeatureResult, RouteLayers } from "./feature.ts";

const CODES: readonly number[] = [301, 302, 303, 307, 308];

/** The default route of a Frontend has none of its own: {@link frontendRedirect} comes before every route. */
export function redirect({ rule }: RouteLayers, context: Context): FeatureResult {
  return rule === undefined ? {} : redirectOf(rule, redirectConfig(rule), context);
}

/** The redirect of every request on a Frontend; undefined when there is none. */
export function frontendRedirect(
  frontend: Frontend,
  config: RedirectConfig | undefined,
  context: Context,
): FeatureResult | undefined {
  const result = redirectOf(frontend, config, context);
  return result.filters === undefined && result.refusal === undefined ? undefined : result;
}

/** Whether a Rule redirects, be it wrongly: it then needs no services. */
export function asksForRedirect(rule: Rule): boolean {
  return isAsked(redirectConfig(rule));
}

/** The legacy fields win where they are set. */
function redirectConfig({ spec }: Rule): RedirectConfig | undefined {
  const { redirectURL, redirectCode, config } = spec;
  if (!redirectURL && !redirectCode) return config?.redirect;
  return {
    ...config?.redirect,
    ...(redirectURL ? { url: redirectURL } : {}),
    ...(redirectCode ? { code: redirectCode } : {}),
  };
}

/** An object in which everything is empty or 0 asks for nothing. */
function isAsked(config: RedirectConfig | undefined): config is RedirectConfig {
  return Object.values(config ?? {}).some(Boolean);
}

function redirectOf(
  object: Rule | Frontend,
  config: RedirectConfig | undefined,
  { report }: Context,
): FeatureResult {
  if (!isAsked(config)) return {};
  const faults: [field: string, reason: string][] = [];
  const code = config.code || 302;
  if (!CODES.includes(code)) faults.push(["code", `expected one of ${CODES.join(", ")}, found ${code}`]);
  const scheme = config.scheme?.toLowerCase() || null;
  if (scheme !== null && scheme !== "http" && scheme !== "https") {
    faults.push(["scheme", `expected http or https, found ${JSON.stringify(config.scheme)}`]);
  }
  const host = config.host ? hostAndPort(config.host) : { name: null, port: null };
  if (host === undefined) {
    faults.push(["host", `expected a host, found ${JSON.stringify(config.host)}`]);
  } else if (host.port !== null && config.port && config.port !== host.port) {
    faults.push([
      "host",
      `${JSON.stringify(config.host)} has another port than the field port, ${config.port}`,
    ]);
  }
  const url = config.url?.trim() || null;
  const hasTarget = [url, scheme, config.host, config.port, config.prefix_match].some(Boolean);
  if (!hasTarget) {
    faults.push([
      "",
      "a redirect with a code alone would lead to itself; expected url, scheme, host, port or prefix_match",
    ]);
  }
  if (faults.length > 0) {
    for (const [field, reason] of faults) {
      report(object, { code: "InvalidAction", field: fieldOf(object, field), reason });
    }
    return { refusal: { status: 500, reason: `${fieldOf(object, faults[0]?.[0] ?? "")} is invalid` } };
  }
  const idle = idlePrefix(config, url !== null && [scheme, config.host, config.port].every((part) => !part));
  if (idle !== undefined) {
    const [field, reason] = idle;
    report(object, { code: "InvalidAction", field: fieldOf(object, field), reason, severity: "warning" });
  }
  const filter: RedirectFilter = {
    type: "redirect",
    code: code as RedirectFilter["code"],
    url,
    scheme: scheme as RedirectFilter["scheme"],
    host: host?.name ?? null,
    port: config.port || (host?.port ?? null),
    prefix: config.prefix_match
      ? { match: config.prefix_match, replacement: config.replace_prefix ?? "" }
      : null,
  };
  return { filters: [filter] };
}

/** Why a prefix is never replaced; undefined when it may be, or none is named. `isWhole`: the url is sent as it is. */
function idlePrefix(
  { prefix_match: prefix, replace_prefix }: RedirectConfig,
  isWhole: boolean,
): [field: string, reason: string] | undefined {
  if (!prefix) {
    return replace_prefix ? ["replace_prefix", "it has no effect without prefix_match"] : undefined;
  }
  if (!prefix.startsWith("/")) {
    return [
      "prefix_match",
      `expected the beginning of a path, found ${JSON.stringify(prefix)}; no path begins so`,
    ];
  }
  return isWhole
    ? ["prefix_match", "it has no effect on a url that is sent as it is; add scheme, host or port"]
    : undefined;
}

/** A host with or without its port; a bare IPv6 address is one too. Undefined when it is none. */
function hostAndPort(text: string): { name: string; port: number | null } | undefined {
  const bare = normalizeHost(`[${text}]`);
  const name = bare ?? normalizeHost(text);
  if (name === null) return undefined;
  const port = bare === null ? /:([0-9]+)$/.exec(text)?.[1] : undefined;
  return Number(port) === 0 ? undefined : { name, port: port === undefined ? null : Number(port) };
}

function fieldOf(object: Rule | Frontend, field: string): string {
  if (object.kind === "Rule" && field === "code" && object.spec.redirectCode) return "spec.redirectCode";
  return field === "" ? "spec.config.redirect" : `spec.config.redirect.${field}`;
}
