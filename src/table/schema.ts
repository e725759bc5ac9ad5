/**
 * The shape of {@link Table} as a zod schema: what `table --json` prints and `/api/table` answers, for readers outside
 * the program. Versioned by `shape`; unknown fields are refused, so that a field cannot be added without being
 * described here.
 */
import * as z from "zod";
import { filterSchema } from "./filter-schema.ts";
import type { Match, Row, Subject } from "./match.ts";
import { type Balancing, type Table, TABLE_SHAPE } from "./table.ts";

const name = z.string().min(1);
const port = z.int().min(1).max(65535);
const milliseconds = z.int().min(1);

const subject: z.ZodType<Subject> = z.discriminatedUnion("type", [
  z.strictObject({ type: z.enum(["METHOD", "URL", "HOST", "SRC_IP"]) }),
  z.strictObject({ type: z.enum(["HEADER", "PARAM", "COOKIE"]), key: z.string().min(1) }),
]);

const row: z.ZodType<Row> = z.discriminatedUnion("op", [
  z.strictObject({ op: z.enum(["EQ", "STARTS_WITH", "ENDS_WITH", "REGEX"]), value: z.string() }),
  z.strictObject({ op: z.literal("WILDCARD"), suffix: z.string(), labels: z.enum(["one", "any"]) }),
  z.strictObject({ op: z.literal("IN"), values: z.array(z.string()).min(1) }),
  z.strictObject({ op: z.literal("RANGE"), start: z.string(), end: z.string() }),
  z.strictObject({ op: z.literal("CIDR"), value: z.string() }),
  z.strictObject({ op: z.literal("PATH_PREFIX"), value: z.string() }),
  z.strictObject({ op: z.literal("EXIST") }),
  z.strictObject({ op: z.literal("NEVER"), reason: z.string() }),
]);

const match: z.ZodType<Match> = z.array(z.strictObject({ subject, rows: z.array(row).min(1) })).nullable();

const balancing: z.ZodType<Balancing> = z.discriminatedUnion("policy", [
  z.strictObject({ policy: z.enum(["round-robin", "sip-hash", "ewma", "least-request"]) }),
  z.strictObject({ policy: z.literal("cookie"), cookie: name }),
  z.strictObject({ policy: z.literal("header"), header: name }),
]);

const source = z.strictObject({ type: z.string(), namespace: z.string(), name: z.string() });

const route = z.strictObject({
  id: name,
  name,
  source,
  object: z.strictObject({ kind: name, namespace: z.string(), name }),
  index: z.int().min(1),
  order: z.strictObject({
    place: z.enum(["first", "normal", "last"]),
    priority: z.number(),
    complexity: z.int(),
    matchLength: z.int().min(0),
  }),
  match,
  upstream: name.nullable(),
  backendProtocol: z.enum(["http", "https", "grpc", "grpcs", "tcp", "udp"]),
  timeouts: z.strictObject({ connectMs: milliseconds, sendMs: milliseconds, readMs: milliseconds }),
  retry: z.strictObject({
    attempts: z.int().min(1),
    resend: z.boolean(),
    timeoutMs: milliseconds.nullable(),
  }),
  filters: z.array(filterSchema),
  refusal: z.strictObject({ status: z.union([z.literal(500), z.literal(503)]), reason: name }).nullable(),
  errorPages: name.nullable(),
});

const keepalive = z.strictObject({
  idleMs: z.int().min(0),
  headerTimeoutS: z.int().min(0).nullable(),
  requests: z.int().min(1),
  tcp: z.strictObject({
    idleMs: milliseconds.nullable(),
    intervalMs: milliseconds.nullable(),
    count: z.int().min(1).nullable(),
  }).nullable(),
});

const errorPage = z.strictObject({
  statuses: z.array(z.strictObject({ from: z.int(), to: z.int() })).min(1),
  contentType: name,
  body: z.string(),
});

const listener = z.strictObject({
  id: name,
  name,
  source,
  port,
  protocol: z.enum(["http", "https", "grpc", "grpcs", "tcp", "udp"]),
  routes: z.array(route),
  via: z.string().min(1).nullable(),
  keepalive,
  errorPages: z.record(name, z.array(errorPage)),
  unmatchedErrorPages: name.nullable(),
});

const upstream = z.strictObject({
  name,
  group: name,
  mode: z.enum(["http", "grpc", "tcp", "udp"]),
  balancing,
  emptyStatus: z.union([z.literal(500), z.literal(503)]),
  tls: z.strictObject({ verify: z.boolean(), serverName: name.nullable(), ca: name.nullable() }).nullable(),
  outlierDetection: z.strictObject({ consecutiveFailures: z.int().min(1), ejectionMs: milliseconds })
    .nullable(),
  endpoints: z.array(z.strictObject({
    address: z.union([z.ipv4(), z.ipv6()]),
    port,
    weight: z.int().min(0),
    service: z.strictObject({ namespace: z.string(), name }),
  })),
});

/** Accepts every table that translation produces, and nothing that {@link Table} does not describe. */
export const tableSchema: z.ZodType<Table> = z.strictObject({
  shape: z.literal(TABLE_SHAPE),
  gateway: z.strictObject({
    name,
    namespace: name,
    implicit: z.boolean(),
    labelDomain: name,
    trustedProxies: z.array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])),
    listen: z.strictObject({
      nics: z.array(name).nullable(),
      ipv6: z.boolean(),
      backlog: z.int().min(1).nullable(),
    }),
  }),
  listeners: z.array(listener),
  upstreams: z.record(name, upstream),
});
