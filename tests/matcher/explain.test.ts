import assert from "node:assert/strict";
import { test } from "node:test";
import { explainRoutes, printTerm } from "../../src/matcher/explain.ts";
import { ask, routeOf, term } from "./helpers.ts";

test("each route up to the winner is explained", () => {
  const routes = [
    routeOf("host", [term("HOST", { op: "EQ", value: "b.com" })]),
    routeOf("header", [
      term("HOST", { op: "EQ", value: "a.com" }),
      term("HEADER x-env", { op: "EQ", value: "gray" }),
      term("PARAM x", { op: "EXIST" }),
    ]),
    routeOf("broken", null),
    routeOf("winner", [term("URL", { op: "STARTS_WITH", value: "/" })]),
    routeOf("later", []),
  ];
  assert.deepEqual(explainRoutes(routes, ask({ url: "http://A.com/x" })), [
    { route: routes[0], matched: false, failed: { term: "HOST EQ b.com", saw: "a.com" } },
    { route: routes[1], matched: false, failed: { term: "HEADER x-env EQ gray", saw: "absent" } },
    { route: routes[2], matched: false },
    { route: routes[3], matched: true },
  ]);
});

test("without a winner every route says why", () => {
  const routes = [routeOf("r", [term("URL", { op: "EQ", value: "/a" })])];
  assert.deepEqual(explainRoutes(routes, ask({ url: "/b" })), [
    { route: routes[0], matched: false, failed: { term: "URL EQ /a", saw: "/b" } },
  ]);
  assert.deepEqual(explainRoutes([], ask({})), []);
});

test("terms are printed in the words of dslx", () => {
  const cases = [
    [term("HOST", { op: "WILDCARD", suffix: ".a.com", labels: "one" }), "HOST ENDS_WITH *.a.com"],
    [term("HOST", { op: "WILDCARD", suffix: ".a.com", labels: "any" }), "HOST ENDS_WITH *.a.com (any depth)"],
    [term("METHOD", { op: "IN", values: ["GET", "PUT"] }), "METHOD IN GET PUT"],
    [term("SRC_IP", { op: "RANGE", start: "1.1.1.1", end: "1.1.1.9" }), "SRC_IP RANGE 1.1.1.1 1.1.1.9"],
    [term("SRC_IP", { op: "CIDR", value: "10.0.0.0/8" }), "SRC_IP CIDR 10.0.0.0/8"],
    [term("URL", { op: "EQ", value: "/a" }, { op: "REGEX", value: "^/b" }), "URL EQ /a or REGEX ^/b"],
    [term("COOKIE sid", { op: "EXIST" }), "COOKIE sid EXIST"],
    [term("URL", { op: "NEVER", reason: "EQ takes 1 value" }), "URL never (EQ takes 1 value)"],
  ] as const;
  for (const [each, text] of cases) assert.equal(printTerm(each), text);
});
