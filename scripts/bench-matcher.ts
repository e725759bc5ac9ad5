/**
 * Nanoseconds per `find`, and milliseconds to compile 10,000 rules, for the shapes that tables usually have. The last
 * rule is asked for. Run as `bun scripts/bench-matcher.ts` and `deno run -A scripts/bench-matcher.ts`.
 */
import { compileMatcher } from "../src/matcher/mod.ts";
import type { RequestView } from "../src/matcher/request-view.ts";
import type { Match, Row, Subject } from "../src/table/match.ts";
import type { Route } from "../src/table/table.ts";

interface Shape {
  readonly name: string;
  match(n: number): Match;
  request(n: number): { readonly host: string; readonly path: string };
}

const SHAPES: readonly Shape[] = [
  {
    name: "(a) hosts",
    match: (n) => [hostEq(`svc-${n}.example.com`)],
    request: (n) => ({ host: `svc-${n}.example.com`, path: "/api/v1/users/42" }),
  },
  {
    name: "(b1) one host, exact paths",
    match: (n) => [hostEq("www.example.com"), term("URL", { op: "EQ", value: `/api/v1/users/${n}` })],
    request: (n) => ({ host: "www.example.com", path: `/api/v1/users/${n}` }),
  },
  {
    name: "(b2) one host, prefixes",
    match: (n) => [hostEq("www.example.com"), term("URL", { op: "PATH_PREFIX", value: `/api/svc-${n}` })],
    request: (n) => ({ host: "www.example.com", path: `/api/svc-${n}/users/42` }),
  },
  {
    name: "(c) hosts with a prefix",
    match: (n) => [hostEq(`svc-${n}.example.com`), term("URL", { op: "STARTS_WITH", value: "/api/" })],
    request: (n) => ({ host: `svc-${n}.example.com`, path: "/api/v1/users/42" }),
  },
  {
    name: "(d) no host, prefixes",
    match: (n) => [term("URL", { op: "STARTS_WITH", value: `/svc-${n}/` })],
    request: (n) => ({ host: "127.0.0.1", path: `/svc-${n}/users/42` }),
  },
  {
    name: "(e) host wildcards",
    match: (n) => [term("HOST", { op: "WILDCARD", suffix: `.team-${n}.example.com`, labels: "one" })],
    request: (n) => ({ host: `www.team-${n}.example.com`, path: "/api/v1/users/42" }),
  },
  {
    name: "anchored expressions",
    match: (n) => [hostEq("www.example.com"), term("URL", { op: "REGEX", value: `^/svc-${n}/(v1|v2)/` })],
    request: (n) => ({ host: "www.example.com", path: `/svc-${n}/v2/users` }),
  },
  {
    name: "worst: one key, headers",
    match: (n) => [hostEq("www.example.com"), term("HEADER", { op: "EQ", value: `tenant-${n}` })],
    request: () => ({ host: "www.example.com", path: "/" }),
  },
];
const SIZES = [1, 100, 1_000, 10_000] as const;

function hostEq(value: string) {
  return term("HOST", { op: "EQ", value });
}

function term(type: "HOST" | "URL" | "HEADER", row: Row) {
  const subject: Subject = type === "HEADER" ? { type, key: "x-tenant" } : { type };
  return { subject, rows: [row] };
}

function routeOf(n: number, match: Match): Route {
  const name = `rule-${n}`;
  return {
    id: `tcp/80/default/${name}`,
    name,
    source: { type: "rule", namespace: "default", name },
    object: { kind: "Rule", namespace: "default", name },
    index: n + 1,
    order: { place: "normal", priority: 5, complexity: 0, matchLength: 0 },
    match,
    upstream: null,
    backendProtocol: "http",
    timeouts: { connectMs: 1, sendMs: 1, readMs: 1 },
    retry: { attempts: 5, resend: true, timeoutMs: null },
    filters: [],
    refusal: null,
    errorPages: null,
  };
}

/** Requests as they come from the wire: strings that nobody has hashed or flattened yet, enough to defeat caches. */
function requestsFor(shape: Shape, n: number): RequestView[] {
  return Array.from({ length: 512 }, () => {
    const { host, path } = shape.request(n);
    return {
      method: "GET",
      host: fresh(host),
      path: fresh(path),
      query: "",
      sourceAddress: "127.0.0.1",
      header: (name) => name === "x-tenant" ? `tenant-${n}` : undefined,
    };
  });
}

function fresh(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text));
}

/** Median of several rounds, in nanoseconds. */
function measure(shape: Shape, size: number): number {
  const matcher = compileMatcher(Array.from({ length: size }, (_, n) => routeOf(n, shape.match(n))));
  const requests = requestsFor(shape, size - 1);
  const rounds: number[] = [];
  const isSlow = shape.name.startsWith("worst") && size > 100;
  const loops = isSlow ? 1 : 200;
  for (let round = 0; round < 9; round++) {
    const start = performance.now();
    for (let loop = 0; loop < loops; loop++) {
      for (const request of requests) {
        if (matcher.find(request)?.index !== size) throw new Error(`${shape.name}: wrong route`);
      }
    }
    rounds.push((performance.now() - start) * 1e6 / (loops * requests.length));
  }
  return median(rounds);
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

/** The first compile of the process, and the median of later ones, in milliseconds. */
function measureCompile(shape: Shape): string {
  const routes = Array.from({ length: 10_000 }, (_, n) => routeOf(n, shape.match(n)));
  const times = Array.from({ length: 7 }, () => {
    const start = performance.now();
    compileMatcher(routes);
    return performance.now() - start;
  });
  return `${times[0]!.toFixed(0)} / ${median(times).toFixed(0)}`;
}

const rows = SHAPES.map((shape) => ({
  shape: shape.name,
  "compile first / median": measureCompile(shape),
  ...Object.fromEntries(SIZES.map((size) => [`${size} rules`, Math.round(measure(shape, size))])),
}));
console.table(rows);
