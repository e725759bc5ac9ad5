import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compileMatcher } from "../../src/matcher/mod.ts";
import { naiveMatcher } from "../../src/matcher/naive.ts";
import type { RequestView } from "../../src/matcher/request-view.ts";
import type { Match, Row, Subject } from "../../src/table/match.ts";
import { ask, routeOf, term } from "./helpers.ts";

// A small alphabet, so that rules collide with each other and with requests.
const host = fc.constantFrom("com", "a.com", "b.com", "x.a.com", "y.x.a.com", "xa.com", "::1", "_", "");
const path = fc.array(fc.constantFrom("/", "a", "b", "ab", "/a", "/b", "é"), { maxLength: 4 })
  .map((parts) => `/${parts.join("")}`.replace(/\/+/g, "/"));
const address = fc.constantFrom(
  "10.0.0.1",
  "10.0.0.9",
  "10.1.0.1",
  "2001:db8::1",
  "2001:db8::ffff",
  "::ffff:10.0.0.1",
);
const word = fc.constantFrom("", "a", "b", "ab", "9", "10", "100", "-1", "1.50", "é", "GET", "POST");
const text = fc.oneof(
  host,
  path,
  address,
  word,
  fc.constantFrom("*", ".a.com", ".com", "10.0.0.0/8", "2001:db8::/64"),
);
const pattern = fc.constantFrom(
  ...[
    "a",
    "^/a",
    "^/a/",
    "^/a(b|/)",
    "^/a|b",
    "^/ab?",
    "b$",
    "^$",
    ".*",
    "\\.com$",
    "^/a\\.",
    "^(?!/a)",
    "(",
  ],
);

const row: fc.Arbitrary<Row> = fc.oneof(
  fc.record({ op: fc.constantFrom("EQ", "STARTS_WITH", "ENDS_WITH"), value: text }),
  fc.record({ op: fc.constant("REGEX"), value: pattern }),
  fc.record({
    op: fc.constant("WILDCARD"),
    suffix: fc.constantFrom(".com", ".a.com", ".x.a.com", "/a"),
    labels: fc.constantFrom("one", "any"),
  }),
  fc.record({ op: fc.constant("IN"), values: fc.array(text, { minLength: 1, maxLength: 3 }) }),
  fc.record({ op: fc.constant("RANGE"), start: text, end: text }),
  fc.record({
    op: fc.constant("CIDR"),
    value: fc.constantFrom("10.0.0.0/8", "10.0.0.0/30", "2001:db8::/112", "x"),
  }),
  fc.record({ op: fc.constant("PATH_PREFIX"), value: fc.oneof(path, word) }),
  fc.constant<Row>({ op: "EXIST" }),
  fc.constant<Row>({ op: "NEVER", reason: "test" }),
);
const subject: fc.Arbitrary<Subject> = fc.oneof(
  // Mostly what the index is made of.
  { weight: 3, arbitrary: fc.constantFrom<Subject>({ type: "HOST" }, { type: "URL" }) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.record({ type: fc.constantFrom("METHOD", "SRC_IP") }),
      fc.record({ type: fc.constantFrom("HEADER", "PARAM", "COOKIE"), key: fc.constantFrom("a", "b") }),
    ),
  },
);
const anyTerm = fc.record({ subject, rows: fc.array(row, { minLength: 1, maxLength: 3 }) });
/** Terms that the index can answer. */
const indexedTerm = fc.oneof(
  fc.array(
    fc.oneof(
      fc.record({ op: fc.constantFrom("EQ", "ENDS_WITH"), value: host }),
      fc.record({
        op: fc.constant("WILDCARD"),
        suffix: fc.constantFrom(".com", ".a.com"),
        labels: fc.constantFrom("one", "any"),
      }),
    ),
    { minLength: 1, maxLength: 2 },
  ).map((rows) => ({ subject: { type: "HOST" } as Subject, rows: rows as Row[] })),
  fc.array(fc.record({ op: fc.constantFrom("EQ", "STARTS_WITH", "PATH_PREFIX"), value: path }), {
    minLength: 1,
    maxLength: 2,
  }).map((rows) => ({ subject: { type: "URL" } as Subject, rows: rows as Row[] })),
);
const match: fc.Arbitrary<Match> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom<Match>(null, []) },
  { weight: 12, arbitrary: fc.array(fc.oneof(anyTerm, indexedTerm), { minLength: 1, maxLength: 3 }) },
  { weight: 12, arbitrary: fc.array(indexedTerm, { minLength: 1, maxLength: 2 }) },
);

const field = fc.option(word, { nil: undefined });
const request: fc.Arbitrary<RequestView> = fc.record({
  method: fc.constantFrom("GET", "POST"),
  host,
  path: fc.oneof({ weight: 20, arbitrary: path }, { weight: 1, arbitrary: fc.constant("*") }),
  query: fc.constantFrom("", "a=1", "b=ab&a", "a=10&b=%C3%A9"),
  sourceAddress: address,
  fields: fc.record({ a: field, b: field, cookie: fc.constantFrom(undefined, "a=1", "b=ab; A=10") }),
}).map(({ fields, ...rest }) => ({ ...rest, header: (name: string) => fields[name as keyof typeof fields] }));

test("property: the compiled matcher finds what the plain one finds", () => {
  const seed = Date.now() & 0x7fffffff;
  let found = 0;
  let asked = 0;
  fc.assert(
    fc.property(
      fc.array(match, { maxLength: 12 }),
      fc.array(request, { minLength: 1, maxLength: 8 }),
      (matches, requests) => {
        const routes = matches.map((each, n) => routeOf(`r${n}`, each));
        const compiled = compileMatcher(routes);
        const naive = naiveMatcher(routes);
        for (const each of requests) {
          const expected = naive.find(each);
          assert.equal(compiled.find(each)?.name, expected?.name);
          asked++;
          if (expected !== undefined) found++;
        }
      },
    ),
    { numRuns: 8_000, seed },
  );
  console.log(`seed ${seed}: ${asked} requests, ${found} matched`);
  // Otherwise the property would say nothing.
  assert.ok(found > asked / 5 && found < asked * 0.95);
});

test("the same for large tables", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(indexedTerm, { minLength: 1, maxLength: 2 }), { minLength: 200, maxLength: 400 }),
      fc.array(request, { minLength: 20, maxLength: 20 }),
      (matches, requests) => {
        const routes = matches.map((each, n) => routeOf(`r${n}`, each));
        const compiled = compileMatcher(routes);
        const naive = naiveMatcher(routes);
        for (const each of requests) assert.equal(compiled.find(each)?.name, naive.find(each)?.name);
      },
    ),
    { numRuns: 50 },
  );
});

test("the order of the routes decides, not how specific they are", () => {
  const general = routeOf("general", [term("URL", { op: "STARTS_WITH", value: "/" })]);
  const exact = routeOf("exact", [
    term("HOST", { op: "EQ", value: "a.com" }),
    term("URL", { op: "EQ", value: "/a" }),
  ]);
  const request = ask({ url: "http://a.com/a" });
  assert.equal(compileMatcher([general, exact]).find(request), general);
  assert.equal(compileMatcher([exact, general]).find(request), exact);
});

test("hosts are compared without regard to case however many there are", () => {
  for (const size of [1, 99, 100, 101, 1_000]) {
    const matcher = compileMatcher(
      Array.from(
        { length: size },
        (_, n) => routeOf(`r${n}`, [term("HOST", { op: "EQ", value: `h${n}.com` })]),
      ),
    );
    assert.equal(matcher.find(ask({ headers: { host: "H0.Com" } }))?.name, "r0");
    assert.equal(matcher.find(ask({ headers: { host: `H${size - 1}.COM:80` } }))?.name, `r${size - 1}`);
    assert.equal(matcher.find(ask({ headers: { host: `h${size}.com` } })), undefined);
  }
});

test("a route with many hosts and many paths is found under all of them", () => {
  const hosts = Array.from({ length: 60 }, (_, n) => `h${n}.com`);
  const paths = Array.from({ length: 60 }, (_, n) => `/p${n}`);
  const routes = [routeOf("r", [
    term("HOST", { op: "IN", values: hosts }),
    term("URL", { op: "IN", values: paths }),
  ])];
  const matcher = compileMatcher(routes);
  assert.equal(matcher.find(ask({ url: "http://h59.com/p59" })), routes[0]);
  assert.equal(matcher.find(ask({ url: "http://h59.com/p60" })), undefined);
  assert.equal(matcher.find(ask({ url: "http://h60.com/p59" })), undefined);
});

test("paths that nest ten thousand deep neither overflow the stack nor lose the order", () => {
  const routes = Array.from(
    { length: 10_000 },
    (_, n) => routeOf(`r${n}`, [term("URL", { op: "STARTS_WITH", value: `/${"a".repeat(10_000 - n)}` })]),
  );
  const matcher = compileMatcher(routes);
  assert.equal(matcher.find(ask({ url: `/${"a".repeat(500)}` }))?.name, "r9500");
});

test("values of the previous request are forgotten", () => {
  const matcher = compileMatcher([routeOf("r", [term("HEADER x", { op: "EQ", value: "1" })])]);
  assert.equal(matcher.find(ask({ headers: { x: "1" } }))?.name, "r");
  assert.equal(matcher.find(ask({ headers: { x: "2" } })), undefined);
  assert.equal(matcher.find(ask({})), undefined);
  assert.equal(matcher.find(ask({ headers: { x: "1" } }))?.name, "r");
});
