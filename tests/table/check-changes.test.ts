/** Looking at what changed finds what looking at everything finds. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { atOnce } from "../../src/lib/steps.ts";
import { checkTable } from "../../src/table/check.ts";
import { checkChanges } from "../../src/table/check-changes.ts";
import { shareParts } from "../../src/table/share.ts";
import type { Table } from "../../src/table/table.ts";
import { copyOf, tables } from "./arbitrary-tables.ts";
import { listenerOf, routeOf, tableOf, UPSTREAM } from "./tables.ts";

function findings(before: Table | undefined, after: Table): readonly string[] {
  return atOnce(checkChanges(before, after));
}

/** What is left of a table without its bad parts. */
function mended(table: Table): Table {
  const upstreams = Object.entries(table.upstreams).filter(([key, upstream]) =>
    checkTable(tableOf([], [upstream])).length === 0 && key === upstream.name
  );
  const good: Table = { ...table, listeners: [], upstreams: Object.fromEntries(upstreams) };
  for (const { routes, ...listener } of table.listeners) {
    const kept: typeof routes[number][] = [];
    const withRoutes = (all: typeof routes) => ({
      ...good,
      listeners: [...good.listeners, { ...listener, routes: all }],
    });
    for (const route of routes) {
      const next = [...kept, { ...route, index: kept.length + 1 }];
      if (checkTable(withRoutes(next)).length === 0) kept.push(next.at(-1)!);
    }
    const { listeners } = withRoutes(kept);
    if (checkTable({ ...good, listeners }).length === 0) Object.assign(good, { listeners });
  }
  return good;
}

describe("checkChanges", () => {
  it("finds what checkTable finds, from nothing", () => {
    fc.assert(
      fc.property(tables, (after) => {
        assert.deepEqual(findings(undefined, after), checkTable(after));
      }),
      { numRuns: 500 },
    );
  });

  it("finds what checkTable finds, after a good table of which parts are still the same", () => {
    let shared = 0;
    fc.assert(
      fc.property(tables, tables, (first, second) => {
        const before = mended(first);
        assert.deepEqual(checkTable(before), []);
        // Whole parts of the good table, and new ones.
        const mixed = {
          ...second,
          listeners: [...before.listeners.slice(0, 1), ...second.listeners.slice(0, 2)],
        };
        for (const after of [second, mixed, mended(second), mended(mixed)]) {
          const made = atOnce(shareParts(before, copyOf(after)));
          if (
            made.listeners.some((each) => each.routes.length > 0 && before.listeners.includes(each))
          ) shared++;
          assert.deepEqual(findings(before, made), checkTable(after));
        }
      }),
      { numRuns: 1000 },
    );
    assert.ok(shared > 50, `${shared} tables had listeners of the one before`);
  });

  it("does not look at routes when only endpoints changed", () => {
    const routes = [routeOf("a", 1)];
    const before = tableOf([listenerOf(routes)]);
    const bad = { ...UPSTREAM, endpoints: [{ ...UPSTREAM.endpoints[0]!, port: 0 }] };
    routes.push(null as never); // would throw
    assert.deepEqual(findings(before, { ...before, upstreams: { [UPSTREAM.name]: bad } }), [
      "upstream default/echo has endpoint 10.0.0.1 port 0",
    ]);
  });

  it("misses an upstream that is gone from routes that are the same", () => {
    const before = tableOf([listenerOf([routeOf("a", 1)])]);
    assert.deepEqual(findings(before, { ...before, upstreams: {} }), [
      "route tcp/80/default/a sends to upstream default/echo, which does not exist",
    ]);
  });
});
