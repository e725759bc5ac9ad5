/** checkTable finds every broken promise of a table. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkTable } from "../../src/table/check.ts";
import type { Route } from "../../src/table/table.ts";
import { listenerOf, orderOf, routeOf, tableOf, UPSTREAM } from "./tables.ts";

function findings(...routes: Route[]): readonly string[] {
  return checkTable(tableOf([listenerOf(routes)]));
}

describe("checkTable", () => {
  it("has nothing to say about a good table", () => {
    assert.deepEqual(findings(routeOf("a", 1), routeOf("b", 2, { upstream: null })), []);
    assert.deepEqual(checkTable(tableOf([])), []);
  });

  it("finds routes out of order and wrong indexes", () => {
    const late = routeOf("a", 2, { order: orderOf({ priority: 1 }) });
    assert.deepEqual(findings(routeOf("b", 1), late), [
      "route tcp/80/default/a stands behind tcp/80/default/b, which it precedes",
    ]);
    assert.deepEqual(findings(routeOf("a", 2)), ["route tcp/80/default/a has index 2 at place 1"]);
  });

  it("finds upstreams that are missing, and terms without rows", () => {
    assert.deepEqual(
      findings(
        routeOf("a", 1, { upstream: "default/gone", match: [{ subject: { type: "URL" }, rows: [] }] }),
      ),
      [
        "route tcp/80/default/a sends to upstream default/gone, which does not exist",
        "route tcp/80/default/a has a term without rows",
      ],
    );
    assert.equal(findings(routeOf("a", 1, { upstream: "constructor" })).length, 1);
  });

  it("finds what occurs twice", () => {
    const twice = checkTable(tableOf([listenerOf([routeOf("a", 1)]), listenerOf([routeOf("a", 1)])]));
    assert.deepEqual(twice, ["listener tcp/80 occurs twice", "route tcp/80/default/a occurs twice"]);
    const [endpoint] = UPSTREAM.endpoints;
    const upstream = { ...UPSTREAM, endpoints: [endpoint!, { ...endpoint!, weight: 1 }] };
    assert.deepEqual(checkTable(tableOf([], [upstream])), [
      "upstream default/echo has endpoint 10.0.0.1 port 8080 twice",
    ]);
  });

  it("finds impossible ports, weights and keys", () => {
    assert.deepEqual(checkTable(tableOf([{ ...listenerOf([]), port: 0 }])), [
      "listener tcp/80 should be tcp/0",
      "listener tcp/80 has port 0",
    ]);
    const endpoint = { ...UPSTREAM.endpoints[0]!, port: 70_000, weight: -1 };
    const table = tableOf([], [{ ...UPSTREAM, endpoints: [endpoint] }]);
    assert.equal(checkTable(table).length, 2);
    assert.deepEqual(checkTable({ ...table, upstreams: { other: UPSTREAM } }), [
      "upstream default/echo is kept as other",
    ]);
  });
});
