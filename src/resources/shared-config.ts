/** Objects that ALB2, Frontend and Rule have in common (control-plane spec 1.3–1.5). */
import { z } from "zod";
import { parseDuration } from "../lib/duration.ts";
import { integer, list, optional, port, readonlyArray } from "./fields.ts";

const milliseconds = integer.min(0).max(4_294_967_295);

/** Milliseconds; 0 and absent mean the default (data-plane spec 3.11). */
export const timeout = z.object({
  proxy_connect_timeout_ms: optional(milliseconds),
  proxy_send_timeout_ms: optional(milliseconds),
  proxy_read_timeout_ms: optional(milliseconds),
}).readonly();
export type TimeoutConfig = z.output<typeof timeout>;

/** Which values make sense is judged in translation (data-plane spec 3.2). */
export const redirect = z.object({
  code: optional(integer),
  url: optional(z.string()),
  scheme: optional(z.string()),
  host: optional(z.string()),
  port: optional(integer.min(0).max(65535)),
  prefix_match: optional(z.string()),
  replace_prefix: optional(z.string()),
}).readonly();
export type RedirectConfig = z.output<typeof redirect>;

const forwardAuth = z.object({
  url: optional(z.string()),
  method: optional(z.string()),
  /** `namespace/name` of a ConfigMap: header name → text with variables. */
  auth_headers_cm_ref: optional(z.string()),
  auth_request_redirect: optional(z.string()),
  upstream_headers: list(z.string()),
  signin: optional(z.string()),
  signin_redirect_param: optional(z.string()),
  always_set_cookie: optional(z.boolean()),
  // Ours, not ALB's:
  /** Text with variables; answers are remembered under it. */
  cache_key: optional(z.string()),
  /** Statuses and durations, `200 202 10m, 401 5m`. */
  cache_duration: optional(z.string()),
  connect_timeout_ms: optional(milliseconds),
  read_timeout_ms: optional(milliseconds),
  /** Whether any certificate of an https server will do. */
  insecureSkipVerify: optional(z.boolean()),
  /** `namespace/name` of a ConfigMap whose key `ca.crt` has the authorities to believe. */
  ca_cm_ref: optional(z.string()),
}).readonly();

const basicAuth = z.object({
  auth_type: optional(z.string()),
  realm: optional(z.string()),
  /** `namespace/name` of a Secret. */
  secret: optional(z.string()),
  secret_type: optional(z.string()),
}).readonly();

/** Data-plane spec 4.1. */
export const auth = z.object({
  /** False = none, whatever stands beside it; ours, not ALB's. */
  enable: optional(z.boolean()),
  forward: optional(forwardAuth),
  basic: optional(basicAuth),
}).readonly();
export type AuthConfig = z.output<typeof auth>;

/** Kept whole: layers are merged as JSON before anything is read from them (data-plane spec 7.1). */
export const otel = z.looseObject({ enable: optional(z.boolean()) }).readonly();
export type OtelConfig = z.output<typeof otel>;

/** Data-plane spec 7.2. */
export const modsecurity = z.looseObject({
  enable: optional(z.boolean()),
  useCoreRules: optional(z.boolean()),
  useRecommend: optional(z.boolean()),
  transactionId: optional(z.string()),
  cmRef: optional(z.string()),
}).readonly();
export type ModsecurityConfig = z.output<typeof modsecurity>;

const STATUS = 'expected a status such as 403 or a range such as "500-599"';
const DURATION = 'expected a duration such as "75s", "30m" or "1h30m"';

/** A duration as text, read into milliseconds. "" is absent. */
const duration = z.preprocess(
  (value) => value === "" || value === null ? undefined : value,
  z.string({ error: DURATION }).transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== undefined) return ms;
    context.addIssue({ code: "custom", input: text, message: DURATION });
    return z.NEVER;
  }).optional(),
);

/** Keep-alive towards clients, durations in milliseconds (data-plane spec 3.12). */
export const keepalive = z.object({
  tcp: optional(
    z.object({
      idle: duration,
      interval: duration,
      count: optional(integer.min(0)),
    }).readonly(),
  ),
  http: optional(
    z.object({
      timeout: duration,
      header_timeout: duration,
      requests: optional(integer.min(0)),
    }).readonly(),
  ),
}).readonly();
export type KeepaliveConfig = z.output<typeof keepalive>;

/** Middlewares of the user's own, by the name they were registered with; a setting that ALB lacks. */
export const middlewares = readonlyArray(
  z.object({ name: z.string().min(1), options: z.unknown().optional() }).readonly(),
);
export type MiddlewaresConfig = z.output<typeof middlewares>;

/** TLS towards endpoints where `backendProtocol` is `https`; a setting that ALB lacks. */
export const upstreamTls = z.object({
  /** True where `caSecret` is given, otherwise false. */
  verify: optional(z.boolean()),
  serverName: optional(z.string()),
  /** `[namespace/]name` of a Secret whose key `ca.crt` has the authorities to believe. */
  caSecret: optional(z.string()),
}).readonly();
export type UpstreamTlsConfig = z.output<typeof upstreamTls>;

/** When another endpoint is tried; a setting that ALB lacks. */
export const retry = z.object({
  /** Tries in all, the first included. */
  attempts: optional(integer.min(1).max(5)),
  /** Whether a request that was sent already goes to another endpoint, where its method allows it. */
  resend: optional(z.boolean()),
  /** After this time since the first try no other one is begun; 0 and absent = any time. */
  timeoutMs: optional(milliseconds),
}).readonly();
export type RetryConfig = z.output<typeof retry>;

/** Endpoints that fail rest for a while; a setting that ALB lacks. */
export const outlierDetection = z.object({
  enable: optional(z.boolean()),
  consecutiveFailures: optional(integer.min(1)),
  ejectionMs: optional(milliseconds.min(1)),
}).readonly();
export type OutlierConfig = z.output<typeof outlierDetection>;

/**
 * Pages instead of the gateway's own words; a setting that ALB lacks. What statuses and types make sense is judged in
 * translation.
 */
export const errorPages = readonlyArray(
  z.object({
    status: readonlyArray(z.union([z.number(), z.string()], { error: STATUS })),
    contentType: optional(z.string()),
    body: optional(z.string()),
    /** `[namespace/]name#key` of a ConfigMap, instead of `body`. */
    cmRef: optional(z.string()),
  }).readonly(),
);
export type ErrorPagesConfig = z.output<typeof errorPages>;

/** Data-plane spec 3.9. Weights are clamped and defaulted in translation. */
export const serviceGroup = z.object({
  session_affinity_policy: optional(z.string()),
  session_affinity_attribute: optional(z.string()),
  services: list(
    z.object({
      name: z.string().min(1),
      namespace: optional(z.string()),
      /** Port of the Service, not of its pods. */
      port,
      weight: optional(integer),
    }).readonly(),
  ),
}).readonly();
export type ServiceGroup = z.output<typeof serviceGroup>;

/** Who made the object, e.g. `{ type: "ingress" }`. */
export const source = z.object({
  type: optional(z.string()),
  namespace: optional(z.string()),
  name: optional(z.string()),
}).readonly();
export type SourceInfo = z.output<typeof source>;

/** Settings that Frontend and Rule share; the nearest level wins (control-plane spec 1.5). */
export const layeredConfig = {
  auth: optional(auth),
  otel: optional(otel),
  modsecurity: optional(modsecurity),
  timeout: optional(timeout),
  redirect: optional(redirect),
  middlewares: optional(middlewares),
  upstreamTLS: optional(upstreamTls),
  retry: optional(retry),
  outlierDetection: optional(outlierDetection),
  errorPages: optional(errorPages),
};
