/** diffTables says what has to be touched, and no more. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { atOnce } from "../../src/lib/steps.ts";
import { diffTables, type TableDiff } from "../../src/table/diff.ts";
import { shareParts } from "../../src/table/share.ts";
import type { Table } from "../../src/table/table.ts";
import { copyOf } from "./arbitrary-tables.ts";
import { listenerOf, routeOf, tableOf, UPSTREAM } from "./tables.ts";

const NONE = { added: [], removed: [], changed: [] };
const BEFORE = tableOf([listenerOf([routeOf("a", 1), routeOf("b", 2)]), listenerOf([], 81)]);

/** From {@link BEFORE} to a table that was made anew, as translation makes it. */
function diffTo(after: Table): TableDiff {
  return atOnce(diffTables(BEFORE, atOnce(shareParts(BEFORE, copyOf(after)))));
}

describe("diffTables", () => {
  it("is empty for equal tables", () => {
    assert.deepEqual(diffTo(BEFORE), {
      gatewayChanged: false,
      listenersChanged: false,
      upstreams: NONE,
      endpointsOnly: false,
      isEmpty: true,
    });
  });

  it("notices listeners that came, went or changed, also in a route alone", () => {
    const [first, second] = BEFORE.listeners;
    const changed = routeOf("b", 2, { upstream: null });
    const others = [
      [{ ...first!, via: null }, second!],
      [first!],
      [first!, second!, listenerOf([], 82)],
      [listenerOf([routeOf("a", 1), changed]), second!],
      [listenerOf([routeOf("b", 1), routeOf("a", 2)]), second!],
    ];
    for (const listeners of others) {
      const { listenersChanged, isEmpty, endpointsOnly } = diffTo(tableOf(listeners));
      assert.deepEqual([listenersChanged, isEmpty, endpointsOnly], [true, false, false]);
    }
  });

  it("names upstreams, and knows when only endpoints changed", () => {
    const after = tableOf(BEFORE.listeners, [{ ...UPSTREAM, endpoints: [] }]);
    const { upstreams, endpointsOnly } = diffTo(after);
    assert.deepEqual(upstreams, { ...NONE, changed: ["default/echo"] });
    assert(endpointsOnly);
    const others = [
      tableOf(BEFORE.listeners, [{ ...UPSTREAM, emptyStatus: 503 }]),
      tableOf(BEFORE.listeners, [UPSTREAM, { ...UPSTREAM, name: "default/more" }]),
      tableOf(BEFORE.listeners, []),
      { ...after, gateway: { ...after.gateway, trustedProxies: ["10.0.0.0/8"] } },
    ];
    for (const other of others) {
      const { endpointsOnly, isEmpty } = diffTo(other);
      assert.deepEqual([endpointsOnly, isEmpty], [false, false]);
    }
  });
});
