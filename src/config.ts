/**
 * Static settings of `run`: what is fixed while the program runs, with every default. They come from flags, then the
 * environment, then a settings file; what may change at run time is in Kubernetes objects instead.
 */
import { z } from "zod";
import { parseDuration } from "./lib/duration.ts";
import { parseEndpoint } from "./lib/endpoint.ts";
import { parseNetwork } from "./lib/ip.ts";

/** How a setting is given and explained. */
export interface SettingDoc {
  /** What stands for the value in the help text. */
  readonly value: string;
  readonly help: string;
  /** May be given several times. Separates values: a comma everywhere, a colon (paths) in the environment only. */
  readonly separator?: "," | ":";
  /** Name in the environment when it is not `ALBATROSS_` and the flag's name. */
  readonly env?: string;
}

const docs = z.registry<SettingDoc>();

const text = z.string().min(1, "expected some text");
const count = z.coerce.number<string | number>("expected a whole number above 0")
  .int("expected a whole number above 0")
  .min(1, "expected a whole number above 0");

const countOrNone = z.coerce.number<string | number>("expected a whole number").int("expected a whole number")
  .min(0, "expected a whole number, 0 or above");

const address = text.refine((value) => parseNetwork(value) !== null && !value.includes("/"), {
  error: "expected an IP address",
});

const endpoint = text.transform((value, context) => {
  const parsed = parseEndpoint(value);
  if (parsed !== undefined && parsed.address !== "") return parsed;
  context.issues.push({ code: "custom", message: "expected ADDRESS:PORT, IPv6 in brackets", input: value });
  return z.NEVER;
});

const network = text.refine((value) => parseNetwork(value) !== null, {
  error: "expected an address or a block such as 10.0.0.0/8",
});

/** Milliseconds. */
const duration = z.union([z.string(), z.number()]).transform((value, context) => {
  const parsed = parseDuration(String(value));
  if (parsed !== undefined) return parsed;
  context.issues.push({
    code: "custom",
    message: "expected a time such as 5s, 500ms or 1m30s",
    input: value,
  });
  return z.NEVER;
});

/** `[NAMESPACE/]NAME`. */
const albName = text.transform((value, context) => {
  const [name = "", namespace, ...rest] = value.split("/").reverse();
  if (name !== "" && namespace !== "" && rest.length === 0) return { namespace, name };
  context.issues.push({ code: "custom", message: "expected NAME or NAMESPACE/NAME", input: value });
  return z.NEVER;
});

/** `off`, `on` or a share; 0 to 1. */
const accessLogRate = z.union([z.string(), z.number(), z.boolean()]).transform((value, context) => {
  const rate = value === "on" || value === true
    ? 1
    : value === "off" || value === false
    ? 0
    : Number(value || NaN);
  if (rate >= 0 && rate <= 1) return rate;
  context.issues.push({ code: "custom", message: "expected off, on or a share such as 0.01", input: value });
  return z.NEVER;
});

/** `NAME=PATH`. */
const namedModule = text.transform((value, context) => {
  const [name = "", ...path] = value.split("=");
  if (name !== "" && path.join("=") !== "") return { name, path: path.join("=") };
  context.issues.push({ code: "custom", message: "expected NAME=PATH", input: value });
  return z.NEVER;
});

/** More than any machine has use for. */
const MAX_WORKERS = 256;

/** What peers may cost. Bytes and milliseconds. */
const limits = z.strictObject({
  request: z.strictObject({
    /** Of a request head; beyond it 431. */
    maxHeadBytes: count.prefault(64 * 1024),
    /** Lines of a request head; beyond it 431. */
    maxFields: count.prefault(200),
    /** Of a request target; beyond it 414. */
    maxTargetBytes: count.prefault(16 * 1024),
  }).prefault({}),
  /** Of the head of an upstream's answer. */
  maxResponseHeadBytes: count.prefault(64 * 1024),
  /** From the first byte of a head to its last. */
  headerReadMs: count.prefault(60_000),
  /** Silence of a client in the middle of a request body. */
  bodyIdleMs: count.prefault(60_000),
  /** A client that takes nothing of an answer that waits for it. */
  sendIdleMs: count.prefault(60_000),
  /** Of a request body, 0 for any number; beyond it 413. */
  maxBodyBytes: countOrNone.prefault(0),
  /** Of a request body kept for a retry. */
  maxReplayBytes: count.prefault(64 * 1024),
  /** Of a request body that a middleware may read before it is forwarded. */
  maxBufferedBodyBytes: count.prefault(1024 * 1024),
  /** An idle connection to an upstream. */
  upstreamIdleMs: count.prefault(60_000),
  maxIdlePerEndpoint: count.prefault(320),
  requestsPerUpstreamConnection: count.prefault(1000),
  /** Open client connections; beyond it new ones are closed at once. */
  maxConnections: count.prefault(50_000),
  /** The same of one client address (IPv6: of its /64) that is no trusted proxy. */
  maxConnectionsPerAddress: count.prefault(20_000),
  /** Once a listener drains: how long a connection without a request is kept. */
  drainIdleMs: countOrNone.prefault(5_000),
});

/** Keys are the names in a settings file; `drainDelay` is `--drain-delay` and `ALBATROSS_DRAIN_DELAY`. */
export const settingsSchema = z.strictObject({
  config: z.array(text).min(1, "give at least one file or folder").prefault([]).register(docs, {
    value: "PATH",
    separator: ":",
    help: "YAML or JSON file, or folder of such files; watched",
  }),
  alb: albName.optional().register(docs, {
    value: "[NS/]NAME",
    help: "ALB2 to serve, when there are several",
  }),
  workers: count.max(MAX_WORKERS, `expected at most ${MAX_WORKERS}`).optional().register(docs, {
    value: "N",
    help: "processes that serve traffic; else one for each granted processor, at most 8",
  }),
  bind: address.optional().register(docs, {
    value: "ADDR",
    help: "listen on this address instead of all of them",
  }),
  admin: endpoint.prefault("127.0.0.1:9180").register(docs, {
    value: "ADDR:PORT",
    help: "where probes, metrics and the admin API are; port 0 takes a free one",
  }),
  labelDomain: text.prefault("cpaas.io").register(docs, {
    value: "DOMAIN",
    env: "LABEL_BASE_DOMAIN",
    help: "base domain of labels and annotations",
  }),
  trustedProxies: z.array(network).prefault([]).register(docs, {
    value: "CIDR",
    separator: ",",
    help: "peers whose X-Forwarded-For and X-Real-IP count",
  }),
  middleware: z.array(namedModule).prefault([]).register(docs, {
    value: "NAME=PATH",
    separator: ":",
    help: "module with a middleware that rules may name",
  }),
  drainDelay: duration.prefault("5s").register(docs, {
    value: "TIME",
    help: "from SIGTERM until no more connections are accepted",
  }),
  drainTimeout: duration.optional().register(docs, {
    value: "TIME",
    help: "for exchanges in flight after that; else the ALB2's maxTermSeconds, else 30s",
  }),
  accessLog: accessLogRate.prefault("on").register(docs, {
    value: "off|on|SHARE",
    help: "log no exchange, every one, or a share such as 0.01, to stdout",
  }),
  accessLogFormat: z.enum(["json", "alb"], "expected json or alb").prefault("json").register(docs, {
    value: "json|alb",
    help: "JSON lines, or ALB's text",
  }),
  logFormat: z.enum(["json", "text"], "expected json or text").prefault("json").register(docs, {
    value: "json|text",
    help: "of the program's own log, on stderr",
  }),
  logLevel: z.enum(["debug", "info", "warn", "error"], "expected debug, info, warn or error").prefault("info")
    .register(docs, {
      value: "LEVEL",
      help: "debug, info, warn or error",
    }),
  limits: limits.prefault({}).register(docs, {
    value: "NAME=NUMBER",
    separator: ",",
    help: "what peers may cost, e.g. request.maxHeadBytes=131072",
  }),
});

export type Settings = z.output<typeof settingsSchema>;

export type SettingName = keyof Settings;

/** One setting with its names and its default as people write it. */
export interface Setting extends SettingDoc {
  readonly key: SettingName;
  /** Without dashes. */
  readonly flag: string;
  readonly env: string;
  readonly default: string;
}

/** In the order of the help text. */
export const SETTINGS: readonly Setting[] = Object.entries(settingsSchema.shape).map(([key, schema]) => {
  const doc = docs.get(schema) as SettingDoc; // registered above, every one
  const flag = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const value = schema instanceof z.ZodPrefault ? schema.def.defaultValue : undefined;
  return {
    env: `ALBATROSS_${flag.replaceAll("-", "_").toUpperCase()}`,
    ...doc,
    key: key as SettingName,
    flag,
    default: typeof value === "string" || typeof value === "number" ? String(value) : "",
  };
});
