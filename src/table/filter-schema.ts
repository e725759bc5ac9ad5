/** The shape of {@link Filter} as a zod schema, one a feature; part of `tableSchema`. */
import * as z from "zod";
import type { Filter, FilterType } from "./filters.ts";

const name = z.string().min(1);
const values = z.record(name, z.string());
const lists = z.record(name, z.array(z.string()));
const varString = z.array(z.string());
const replacements = z.array(z.strictObject({ from: name, to: z.string() }));
const milliseconds = z.int().min(0);

const FILTERS = {
  compress: z.strictObject({ type: z.literal("compress") }),
  cors: z.strictObject({
    type: z.literal("cors"),
    allowOrigins: z.array(z.string()),
    allowMethods: z.string(),
    allowHeaders: z.string(),
    exposeHeaders: z.string(),
    allowCredentials: z.boolean(),
    maxAgeS: z.int().min(0),
    answersPreflight: z.boolean(),
  }),
  redirect: z.strictObject({
    type: z.literal("redirect"),
    code: z.union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)]),
    url: z.string().nullable(),
    scheme: z.enum(["http", "https"]).nullable(),
    host: z.string().nullable(),
    port: z.int().min(1).max(65535).nullable(),
    prefix: z.strictObject({ match: z.string(), replacement: z.string() }).nullable(),
  }),
  vhost: z.strictObject({ type: z.literal("vhost"), host: name }),
  rewrite: z.strictObject({
    type: z.literal("rewrite"),
    path: z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("full"), target: z.string() }),
      z.strictObject({ kind: z.literal("prefix"), prefix: z.string(), replacement: z.string() }),
      z.strictObject({ kind: z.literal("regex"), base: z.string(), target: z.string() }),
    ]),
  }),
  "reverse-rewrite": z.strictObject({
    type: z.literal("reverse-rewrite"),
    location: replacements,
    cookieDomain: replacements,
    cookiePath: replacements,
  }),
  "request-headers": z.strictObject({
    type: z.literal("request-headers"),
    set: values,
    setFrom: values,
    remove: z.array(z.string()),
    add: lists,
    addFrom: lists,
  }),
  "response-headers": z.strictObject({
    type: z.literal("response-headers"),
    set: values,
    remove: z.array(z.string()),
    add: lists,
  }),
  "auth-refusal": z.strictObject({
    type: z.literal("auth-refusal"),
    status: z.union([z.literal(500), z.literal(503)]),
    reason: z.string(),
  }),
  "forward-auth": z.strictObject({
    type: z.literal("forward-auth"),
    url: varString,
    method: name,
    requestHeaders: z.record(name, varString),
    requestRedirect: varString.nullable(),
    upstreamHeaders: z.array(name),
    signin: varString.nullable(),
    alwaysSetCookie: z.boolean(),
    connectMs: milliseconds,
    readMs: milliseconds,
    tls: z.strictObject({ verify: z.boolean(), ca: z.string().nullable() }),
    cache: z.strictObject({
      key: varString,
      lifetimes: z.array(z.strictObject({ statuses: z.array(z.int()), ms: milliseconds })),
    }).nullable(),
    allowedNetworks: z.array(z.string()),
  }),
  "basic-auth": z.strictObject({
    type: z.literal("basic-auth"),
    realm: z.string(),
    users: z.array(z.strictObject({ name, passwordHash: z.string() })).min(1),
  }),
  middleware: z.strictObject({
    type: z.literal("middleware"),
    name,
    options: z.unknown(),
    source: z.strictObject({ kind: name, namespace: z.string(), name, place: z.int().min(0) }),
  }),
} satisfies { readonly [T in FilterType]: z.ZodType<Extract<Filter, { type: T }>> };

export const filterSchema: z.ZodType<Filter> = z.union(Object.values(FILTERS));
