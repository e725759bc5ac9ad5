/** The published shape of tables. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Filter, FilterType } from "../../src/table/filters.ts";
import type { Row } from "../../src/table/match.ts";
import { tableSchema } from "../../src/table/schema.ts";
import type { Balancing } from "../../src/table/table.ts";
import { listenerOf, routeOf, tableOf, UPSTREAM } from "./tables.ts";

const ROWS: { readonly [Op in Row["op"]]: Row & { readonly op: Op } } = {
  EQ: { op: "EQ", value: "" },
  STARTS_WITH: { op: "STARTS_WITH", value: "/" },
  ENDS_WITH: { op: "ENDS_WITH", value: "x" },
  REGEX: { op: "REGEX", value: "x" },
  WILDCARD: { op: "WILDCARD", suffix: ".a.com", labels: "any" },
  IN: { op: "IN", values: ["a"] },
  RANGE: { op: "RANGE", start: "1", end: "2" },
  CIDR: { op: "CIDR", value: "10.0.0.0/8" },
  PATH_PREFIX: { op: "PATH_PREFIX", value: "/a" },
  EXIST: { op: "EXIST" },
  NEVER: { op: "NEVER", reason: "x" },
};

const BALANCINGS: { readonly [P in Balancing["policy"]]: Balancing & { readonly policy: P } } = {
  "round-robin": { policy: "round-robin" },
  "sip-hash": { policy: "sip-hash" },
  ewma: { policy: "ewma" },
  "least-request": { policy: "least-request" },
  cookie: { policy: "cookie", cookie: "sid" },
  header: { policy: "header", header: "x-user" },
};

const FILTERS: { readonly [T in FilterType]: Filter & { readonly type: T } } = {
  compress: { type: "compress" },
  "reverse-rewrite": {
    type: "reverse-rewrite",
    location: [{ from: "http://inner/", to: "/" }],
    cookieDomain: [],
    cookiePath: [],
  },
  cors: {
    type: "cors",
    allowOrigins: ["https://*.a.com"],
    allowMethods: "GET",
    allowHeaders: "",
    exposeHeaders: "",
    allowCredentials: false,
    maxAgeS: 0,
    answersPreflight: true,
  },
  redirect: {
    type: "redirect",
    code: 308,
    url: null,
    scheme: "https",
    host: null,
    port: 443,
    prefix: { match: "/a", replacement: "/b" },
  },
  vhost: { type: "vhost", host: "a.com" },
  rewrite: { type: "rewrite", path: { kind: "regex", base: "/a", target: "/$1" } },
  "request-headers": {
    type: "request-headers",
    set: { "x-a": "1" },
    setFrom: { "x-b": "host" },
    remove: ["x-c"],
    add: { "x-d": ["1", "2"] },
    addFrom: {},
  },
  "response-headers": { type: "response-headers", set: {}, remove: [], add: {} },
  "auth-refusal": { type: "auth-refusal", status: 503, reason: "invalid-auth-req-cm-ref" },
  "forward-auth": {
    type: "forward-auth",
    url: ["http://", "$host", "/auth"],
    method: "GET",
    requestHeaders: { "x-a": ["$msec"] },
    requestRedirect: null,
    upstreamHeaders: ["x-user"],
    signin: ["http://a/start"],
    alwaysSetCookie: false,
    connectMs: 5000,
    readMs: 5000,
    tls: { verify: true, ca: null },
    cache: { key: ["$remote_addr"], lifetimes: [{ statuses: [200], ms: 60_000 }] },
    allowedNetworks: [],
  },
  "basic-auth": {
    type: "basic-auth",
    realm: "r",
    users: [{ name: "foo", passwordHash: "{SHA}Ys23Ag/5IOWqZCw9QGaVDdHwH00=" }],
  },
  middleware: {
    type: "middleware",
    name: "m",
    options: null,
    source: { kind: "Rule", namespace: "default", name: "r", place: 0 },
  },
};

describe("tableSchema", () => {
  it("describes every kind of row, filter and balancing", () => {
    const route = routeOf("a", 1, {
      match: [{ subject: { type: "HEADER", key: "x" }, rows: Object.values(ROWS) }],
      filters: Object.values(FILTERS),
      refusal: { status: 503, reason: "no" },
    });
    const upstreams = Object.values(BALANCINGS).map((balancing) => ({
      ...UPSTREAM,
      name: `u/${balancing.policy}`,
      balancing,
    }));
    const table = tableOf([listenerOf([route, routeOf("b", 2, { match: null })])], [UPSTREAM, ...upstreams]);
    assert.deepEqual(tableSchema.parse(table), table);
  });

  it("refuses what it does not describe", () => {
    const table = tableOf([listenerOf([routeOf("a", 1)])]);
    const others = [
      { ...table, shape: 2 },
      { ...table, extra: 1 },
      tableOf([{ ...listenerOf([]), port: 0 }]),
      tableOf([listenerOf([routeOf("a", 1, { match: [{ subject: { type: "URL" }, rows: [] }] })])]),
      tableOf([], [{ ...UPSTREAM, endpoints: [{ ...UPSTREAM.endpoints[0]!, address: "[::1]" }] }]),
    ];
    for (const other of others) assert.equal(tableSchema.safeParse(other).success, false);
  });
});
