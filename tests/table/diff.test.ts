/** diffTables says what has to be touched, and no more. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { diffTables } from "../../src/table/diff.ts";
import type { Table } from "../../src/table/table.ts";
import { listenerOf, routeOf, tableOf, UPSTREAM } from "./tables.ts";

const NONE = { added: [], removed: [], changed: [] };
const BEFORE = tableOf([listenerOf([routeOf("a", 1), routeOf("b", 2)]), listenerOf([], 81)]);

function copyOf(table: Table): Table {
  return JSON.parse(JSON.stringify(table));
}

describe("diffTables", () => {
  it("is empty for equal tables, same objects or not", () => {
    for (const after of [BEFORE, copyOf(BEFORE)]) {
      const diff = diffTables(BEFORE, after);
      assert(diff.isEmpty && !diff.endpointsOnly && !diff.gatewayChanged);
      assert.equal(diff.routes.size, 0);
    }
  });

  it("names listeners that came, went or changed in anything but routes", () => {
    const after = tableOf([
      { ...listenerOf([routeOf("a", 1), routeOf("b", 2)]), via: null },
      listenerOf([], 82),
    ]);
    const diff = diffTables(BEFORE, after);
    assert.deepEqual(diff.listeners, { added: ["tcp/82"], removed: ["tcp/81"], changed: ["tcp/80"] });
    assert.equal(diff.routes.size, 0);
  });

  it("names routes by listener", () => {
    const changed = routeOf("a", 1, { upstream: null });
    const diff = diffTables(BEFORE, tableOf([listenerOf([changed, routeOf("c", 2)]), listenerOf([], 81)]));
    assert.deepEqual(diff.listeners, NONE);
    assert.deepEqual([...diff.routes], [["tcp/80", {
      added: ["tcp/80/default/c"],
      removed: ["tcp/80/default/b"],
      changed: ["tcp/80/default/a"],
    }]]);
    assert(!diff.isEmpty && !diff.endpointsOnly);
  });

  it("knows when only endpoints changed", () => {
    const after = tableOf(BEFORE.listeners, [{ ...UPSTREAM, endpoints: [] }]);
    const diff = diffTables(BEFORE, after);
    assert.deepEqual(diff.upstreams, { ...NONE, changed: ["default/echo"] });
    assert(diff.endpointsOnly);
    const others = [
      tableOf(BEFORE.listeners, [{ ...UPSTREAM, emptyStatus: 503 }]),
      tableOf(BEFORE.listeners, [UPSTREAM, { ...UPSTREAM, name: "default/more" }]),
      { ...after, gateway: { ...after.gateway, trustedProxies: ["10.0.0.0/8"] } },
    ];
    for (const other of others) assert.equal(diffTables(BEFORE, other).endpointsOnly, false);
  });
});
