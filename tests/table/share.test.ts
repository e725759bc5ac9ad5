/** A table made of parts of the one before is equal to the table it stands for, and holds every part that is equal. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { atOnce } from "../../src/lib/steps.ts";
import { shareParts } from "../../src/table/share.ts";
import type { Table } from "../../src/table/table.ts";
import { copyOf, tables } from "./arbitrary-tables.ts";
import { listenerOf, routeOf, tableOf, UPSTREAM } from "./tables.ts";

function share(before: Table, after: Table): Table {
  return atOnce(shareParts(before, copyOf(after)));
}

const BEFORE = tableOf([listenerOf([routeOf("a", 1), routeOf("b", 2)]), listenerOf([], 81)], [
  UPSTREAM,
  { ...UPSTREAM, name: "default/other" },
]);

describe("shareParts", () => {
  it("gives a table that is equal to the later one", () => {
    fc.assert(fc.property(tables, tables, (before, after) => {
      assert.deepEqual(share(before, after), after);
    }));
  });

  it("gives the earlier table when nothing changed", () => {
    fc.assert(fc.property(tables, (table) => assert.equal(share(table, table), table)));
  });

  it("keeps listeners and upstreams that are equal", () => {
    const other = { ...UPSTREAM, name: "default/other", endpoints: [] };
    const shared = share(BEFORE, tableOf(BEFORE.listeners, [UPSTREAM, other]));
    assert.equal(shared.listeners, BEFORE.listeners);
    assert.equal(shared.upstreams[UPSTREAM.name], BEFORE.upstreams[UPSTREAM.name]);
    assert.notEqual(shared.upstreams["default/other"], BEFORE.upstreams["default/other"]);
    assert.equal(shared.upstreams["default/other"]!.balancing, UPSTREAM.balancing);
  });

  it("keeps the parts of a route that only moved", () => {
    const routes = [routeOf("new", 1), routeOf("a", 2), routeOf("b", 3)];
    const { listeners: [first, second] } = share(BEFORE, tableOf([listenerOf(routes), listenerOf([], 81)]));
    const [a] = BEFORE.listeners[0]!.routes;
    assert.deepEqual(first!.routes.map(({ index }) => index), [1, 2, 3]);
    for (const part of ["match", "timeouts", "order", "object"] as const) {
      assert.equal(first!.routes[1]![part], a![part]);
    }
    assert.equal(second, BEFORE.listeners[1]);
  });
});
