/**
 * Requests that need no Hono pass it by (`runActs` in proxy/app.ts). They are served the same as through the chain, and
 * as through a chain whose last middleware looks at the answer: random features, requests and upstreams, byte by byte.
 */
import assert from "node:assert/strict";
import type { MiddlewareHandler } from "hono";
import fc from "fast-check";
import type { Peer } from "../proxy/harness/network.ts";
import { type Site, type SiteOptions, startSite } from "../proxy/harness/site.ts";
import type { Filter } from "../../src/table/filters.ts";
import { fuzz } from "./fuzz.ts";

const pass: MiddlewareHandler = (_c, next) => next();

/** The ways on which a request may be served. */
const WAYS: readonly { readonly name: string; readonly options: Partial<SiteOptions> }[] = [
  { name: "as compiled", options: {} },
  { name: "through the chain", options: { alwaysChain: true } },
  { name: "through a chain that looks at answers", options: { middlewares: { pass } } },
];

const fieldName = fc.constantFrom(
  ...["X-A", "x-a", "X_A", "X-B", "Host", "Via", "Vary", "Date", "Server", "Cookie", "Set-Cookie", "Origin"],
  ...["Content-Type", "Content-Length", "Connection", "Upgrade", "X-Forwarded-For", "X-Real-IP", "no name"],
  ...["X-ALB-ERR-REASON", "Access-Control-Allow-Origin", "Location", "Accept-Encoding"],
);
const fieldText = fc.constantFrom("", "1", "two words", "a=1; b=2", "é日", "a\r\nX-Injected: 1", "*", "gzip");
const variable = fc.constantFrom(
  ...["uri", "host", "args", "http_x_a", "cookie_a", "arg_q", "param_q", "remote_addr", "http_host"],
  ...["request_uri", "nobody_knows", "proxy_add_x_forwarded_for"],
);
const some = <T>(value: fc.Arbitrary<T>) => fc.array(value, { maxLength: 3 });
const fieldMap = <T>(value: fc.Arbitrary<T>) => fc.dictionary(fieldName, value, { maxKeys: 3 });
const path = fc.constantFrom("/", "/a", "/a/", "//evil.example", "/é b", "/a%2fb", "a", "");
const host = fc.constantFrom("b.example", "2001:db8::1");
const origin = fc.constantFrom("https://a.example", "https://*.a.example", "*", "null");

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });

const filter: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({
    type: fc.constant("cors" as const),
    allowOrigins: some(origin),
    allowMethods: fc.constant("GET, PUT"),
    allowHeaders: fc.constant("x-a"),
    exposeHeaders: fc.constantFrom("", "x-b"),
    allowCredentials: fc.boolean(),
    maxAgeS: fc.nat(9),
    answersPreflight: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("redirect" as const),
    code: fc.constantFrom(301 as const, 302 as const, 303 as const, 307 as const, 308 as const),
    url: maybe(path.filter((each) => each !== "")),
    scheme: maybe(fc.constantFrom("http" as const, "https" as const)),
    host: maybe(host),
    port: maybe(fc.constantFrom(80, 8443)),
    prefix: maybe(fc.record({ match: path, replacement: path })),
  }),
  fc.record({ type: fc.constant("vhost" as const), host: fc.constantFrom("b.example:81", "B") }),
  fc.record({
    type: fc.constant("rewrite" as const),
    path: fc.oneof(
      fc.record({ kind: fc.constant("full" as const), target: path }),
      fc.record({ kind: fc.constant("prefix" as const), prefix: path, replacement: path }),
      fc.record({
        kind: fc.constant("regex" as const),
        base: fc.constantFrom("/a/(.*)", "(/)|(b)", "^", "\\.(.)?", ".*$"),
        target: fc.constantFrom("/$1", "/$2/$0", "$$1", "/.$1/", ""),
      }),
    ),
  }),
  fc.record({
    type: fc.constant("request-headers" as const),
    set: fieldMap(fieldText),
    setFrom: fieldMap(variable),
    remove: some(fieldName),
    add: fieldMap(some(fieldText)),
    addFrom: fieldMap(some(variable)),
  }),
  fc.record({
    type: fc.constant("response-headers" as const),
    set: fieldMap(fieldText),
    remove: some(fieldName),
    add: fieldMap(some(fieldText)),
  }),
  fc.constant({ type: "compress" as const }),
);

/** One of a kind, as features have it. */
const filters = fc.uniqueArray(filter, { selector: ({ type }) => type, maxLength: 5 });

const line = (names: readonly string[]) =>
  fc.tuple(
    fc.constantFrom(...names),
    fc.constantFrom("", "1", 'a=1; b="2"', "https://a.example", "gzip", "*"),
  )
    .map(([name, value]) => `${name}: ${value}\r\n`);
const lines = (names: readonly string[]) =>
  fc.array(line(names), { maxLength: 5 }).map((all) => all.join(""));

const REQUEST_FIELDS = [
  ...["X-A", "x_a", "X-B", "Cookie", "Origin", "Access-Control-Request-Method", "Accept-Encoding"],
  ...["X-Forwarded-For", "X-Real-IP", "cpaas-trace", "Connection", "X-Original-URI", "TE"],
];
const ANSWER_FIELDS = [
  ...["X-A", "X-B", "Via", "Vary", "Date", "Server", "Set-Cookie", "X-ALB-ERR-REASON", "Content-Type"],
  ...[
    "Keep-Alive",
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Credentials",
    "Location",
    "Connection",
    "ETag",
  ],
];

const UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
const SWITCHED = `HTTP/1.1 101 Switching Protocols\r\n${UPGRADE}X-A: 1\r\nVia: x\r\n\r\nhello`;

const clientRequest = fc.record({
  method: fc.constantFrom("GET", "HEAD", "OPTIONS", "POST", "PUT", "X"),
  target: fc.constantFrom(
    ...["/", "/a/b?q=1&q=2", "/a/%2e%2e/b", "/a%20b/?", "//a//b", "/caf%C3%A9/%ff", "/a/;x?%0d%0a", "/.a/b"],
    ...["/b", "/a/", "/a/a/a?a", "/(/)", "/a?param_q=%20&q=+", "/c?", "/?q", "*", "/%zz"],
    "http://h.example/a/x",
  ),
  version: fc.constantFrom("HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0"),
  host: fc.constantFrom("Host: A.example:8080\r\n", "Host: [::1]\r\n", "Host: a\r\n"),
  lines: fc.oneof(
    { weight: 4, arbitrary: lines(REQUEST_FIELDS) },
    { weight: 1, arbitrary: lines(REQUEST_FIELDS).map((lines) => UPGRADE + lines) },
  ),
  body: fc.constantFrom(
    "\r\n",
    "Content-Length: 3\r\n\r\nabc",
    "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n",
  ),
}).map(({ method, target, version, host, lines, body }) =>
  `${method} ${target} ${version}\r\n${host}${lines}${body}`
);

const wholeAnswer = fc.record({
  status: fc.constantFrom(
    "200 OK",
    "200 OK",
    "201 ",
    "204 No Content",
    "304 Not Modified",
    "404 Nope",
    "503 Busy",
  ),
  lines: lines(ANSWER_FIELDS),
  body: fc.constantFrom(
    "Content-Length: 4\r\n\r\nbody",
    "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-T: 1\r\n\r\n",
    "Content-Length: 0\r\n\r\n",
  ),
}).map(({ status, lines, body }) => `HTTP/1.1 ${status}\r\n${lines}${body}`);

const upstreamAnswer = fc.oneof(
  { weight: 6, arbitrary: wholeAnswer },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut", "rubbish\r\n\r\n", ""],
      ...["HTTP/1.1 102 P\r\n\r\n", SWITCHED, SWITCHED],
    ),
  },
);

const scene = fc.record({
  filters,
  via: fc.constantFrom(undefined, "alb"),
  requests: fc.array(clientRequest, { minLength: 1, maxLength: 2 }),
  answers: fc.tuple(upstreamAnswer, upstreamAnswer),
  refusesConnections: fc.integer({ min: 0, max: 19 }).map((number) => number === 0),
});
type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never;

/** Everything that client, upstream and log see of it. */
async function play(
  { filters, via, requests, answers, refusesConnections }: Scene,
  way: Partial<SiteOptions>,
) {
  const site = startSite({ filters, ...(via === undefined ? {} : { via }), ...way });
  const client = site.client();
  client.send(requests.join(""));
  const upstreams: Peer[] = [];
  for (const answer of answers) {
    await site.settle();
    if (site.network.dials.length > 0 && refusesConnections) site.network.dial().refuse();
    else if (site.network.dials.length > 0) upstreams.push(site.accept());
    await site.settle();
    const asked = upstreams.findLast((peer) => peer.read() !== "");
    // Nobody answers before the request is there; whoever says nothing, or half of it, leaves.
    if (asked === undefined) continue;
    asked.send(answer);
    if (!/\r\n\r\n(.*body|0\r\n.*)?$/s.test(answer) || answer.includes("102 P")) asked.end();
  }
  await site.settle();
  client.end();
  await site.settle();
  return {
    client: comparable(client.received),
    closed: client.closed,
    upstreams: upstreams.map(({ received, closed }) => ({ received, closed })),
    records: recordsOf(site),
    faults: site.faults.map(String),
  };
}

/** What may differ: the gateway's clock, and how the name on its own error pages is written, which `Headers` forgets. */
function comparable(answers: string): string {
  return answers.replace(/^Date: \w{3}, .*\r\n/gm, "").replace(
    /^content-type: text\/plain\r$/gim,
    "text/plain\r",
  );
}

function recordsOf({ records, refused }: Site) {
  return [
    ...records.map(({ status, reason, errorCode, responseBytes, upstreamBytes, attempts }) => ({
      status,
      reason,
      errorCode,
      responseBytes,
      upstreamBytes,
      attempts: attempts.map(({ error }) => error),
    })),
    ...refused,
  ];
}

fuzz(
  "requests that pass Hono by are served like all others",
  fc.asyncProperty(scene, async (scene) => {
    const [expected, ...others] = await Promise.all(WAYS.map(async ({ name, options }) => ({
      name,
      outcome: await play(scene, options),
    })));
    for (const { name, outcome } of others) assert.deepEqual(outcome, expected?.outcome, name);
  }),
  { cost: 3 },
);
