/** Rules of random dslx: compiled or refused by name, the compiled matcher and the plain one agree, and no pattern stalls. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { explainRoutes } from "../../src/matcher/explain.ts";
import { compileMatcher } from "../../src/matcher/mod.ts";
import { naiveMatcher } from "../../src/matcher/naive.ts";
import type { DslxTerm } from "../../src/resources/rule.ts";
import { readDslx } from "../../src/translators/rule/dslx-reading.ts";
import { pcrePatterns } from "../lib/regex/random-patterns.ts";
import { ask, routeOf } from "../matcher/helpers.ts";
import { fuzz } from "./fuzz.ts";

/** What backtracking engines drown in. */
const hostile = fc.constantFrom(
  "(a+)+$",
  "(a|a)*b",
  "(a|aa)+$",
  "([a-zA-Z]+)*$",
  "(.*a){20}",
  "(?=(a+)+b)",
  "(?<=(a+)+)b",
  "^(([a-z])+.)+[A-Z]([a-z])+$",
  "(x+x+)+y",
  "a{1,1000}{1,1000}",
  "(?:a?){50}a{50}",
  "\\1(a)",
  "(((((((((a*)*)*)*)*)*)*)*)*)*b",
);
const words = fc.constantFrom(
  ...[
    "",
    "a",
    "/",
    "/a",
    "/a/b",
    "//",
    "/%2f",
    "/../",
    "*",
    "*.com",
    "*.a.com",
    ".com",
    "a.com",
    "A.com",
    "::1",
  ],
  ...[
    "10.0.0.0/8",
    "10.0.0.1",
    "10.0.0.9",
    "::/0",
    "1",
    "99999999999999999999",
    "-1",
    "1.5",
    "é",
    "\0",
    "\ud800",
    " ",
  ],
  "a".repeat(5000),
);
const argument = fc.oneof(words, words, hostile, pcrePatterns, fc.string({ unit: "binary", maxLength: 8 }));
const operator = fc.constantFrom(
  "EQ",
  "IN",
  "RANGE",
  "STARTS_WITH",
  "ENDS_WITH",
  "REGEX",
  "EXIST",
  "eq",
  "",
  "NOT",
  "__proto__",
);
const term: fc.Arbitrary<DslxTerm> = fc.record({
  type: fc.constantFrom(
    "METHOD",
    "URL",
    "HOST",
    "SRC_IP",
    "HEADER",
    "PARAM",
    "COOKIE",
    "url",
    "",
    "constructor",
  ),
  key: fc.constantFrom("", "a", "X-A", "x_a", "é", "__proto__", "\r\n"),
  values: fc.array(
    fc.oneof(
      fc.tuple(operator, argument),
      fc.array(argument, { maxLength: 4 }).chain((rest) => operator.map((op) => [op, ...rest])),
      fc.constant([]),
    ),
    { maxLength: 4 },
  ),
});
const dslx = fc.array(term, { maxLength: 4 });
const request = fc.record({
  url: fc.constantFrom(
    "/",
    "/a",
    "/a/b/",
    "/%61",
    "/a%2fb",
    "http://A.com/a",
    "http://[::1]/",
    `/${"a".repeat(8000)}!`,
  ),
  headers: fc.constantFrom({}, { "x-a": "a" }, { "x_a": "a".repeat(8000) }, { cookie: "a=b; a=c" }, {
    "x-a": ["", "é"],
  }),
  method: fc.constantFrom("GET", "POST", "a"),
  peer: fc.constantFrom("10.0.0.1", "::1", "2001:db8::1"),
}).map((given) => ask(given));

fuzz(
  "dslx: is compiled or refused, with the field of every fault",
  fc.property(dslx, fc.constantFrom("one", "any"), (given, labels) => {
    const { compiled, complexity, length } = readDslx(given, labels as "one" | "any");
    assert.ok(Number.isInteger(complexity) && Number.isInteger(length));
    const said = compiled.ok ? compiled.warnings : compiled.faults;
    for (const { field, reason } of said) {
      assert.match(field, /^spec\.dslx\[\d+\](\.|$)/);
      assert.notEqual(reason, "");
    }
    if (!compiled.ok) assert.ok(compiled.faults.length > 0);
  }),
);

fuzz(
  "dslx: the compiled matcher, the plain one and the explanation agree, whatever the patterns",
  fc.property(
    fc.array(dslx, { minLength: 1, maxLength: 5 }),
    fc.array(request, { minLength: 1, maxLength: 3 }),
    (rules, requests) => {
      const routes = rules.flatMap((each, n) => {
        const { compiled } = readDslx(each, "one");
        return compiled.ok ? [routeOf(`r${n}`, compiled.match)] : [];
      });
      const matcher = compileMatcher(routes);
      const naive = naiveMatcher(routes);
      for (const each of requests) {
        const found = matcher.find(each)?.name;
        assert.equal(found, naive.find(each)?.name);
        assert.equal(found, explainRoutes(routes, each).find(({ matched }) => matched)?.route.name);
      }
    },
  ),
);

fuzz(
  "dslx: a rule that is refused changes nothing for its neighbours",
  fc.property(dslx, dslx, request, (good, other, each) => {
    const kept = readDslx(good, "one").compiled;
    if (!kept.ok || readDslx(other, "one").compiled.ok) return;
    const route = routeOf("good", kept.match);
    assert.equal(compileMatcher([route]).find(each), naiveMatcher([route]).find(each));
  }),
);
