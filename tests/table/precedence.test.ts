/** The order of routes: one case per key (data-plane spec 2). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compareRoutes, type Ranked } from "../../src/table/precedence.ts";
import type { RouteOrder } from "../../src/table/table.ts";
import { orderOf } from "./tables.ts";

function ranked(name: string, order: Partial<RouteOrder>, id = name): Ranked {
  return { id, name, order: orderOf(order) };
}

function assertFirst(first: Ranked, second: Ranked): void {
  assert(compareRoutes(first, second) < 0);
  assert(compareRoutes(second, first) > 0);
}

describe("compareRoutes", () => {
  it("puts places before priorities", () => {
    assertFirst(ranked("z", { place: "first", priority: 99 }), ranked("a", { priority: -1 }));
    assertFirst(
      ranked("z", { priority: 5000, complexity: -9 }),
      ranked("a", { place: "last", priority: 999 }),
    );
  });

  it("puts smaller priorities first, before more complex matches", () => {
    assertFirst(ranked("z", { priority: 4 }), ranked("a", { priority: 5, complexity: 50_000 }));
  });

  it("puts more complex matches first, before longer ones", () => {
    assertFirst(ranked("z", { complexity: 2 }), ranked("a", { complexity: 1, matchLength: 100 }));
  });

  it("puts longer matches first, before names", () => {
    assertFirst(ranked("z", { matchLength: 2 }), ranked("a", { matchLength: 1 }));
  });

  it("goes by bytes of names, then by ids", () => {
    assertFirst(ranked("B", {}), ranked("a", {}));
    assertFirst(ranked("a", {}), ranked("a1", {}));
    assertFirst(ranked("a", {}, "tcp/80/ns1/a"), ranked("a", {}, "tcp/80/ns2/a"));
  });

  it("is a total order: any arrangement sorts into the same one", () => {
    const route = fc.record({
      name: fc.constantFrom("a", "b", "c"),
      order: fc.record({
        place: fc.constantFrom("first", "normal", "last"),
        priority: fc.integer({ min: 0, max: 2 }),
        complexity: fc.integer({ min: 0, max: 1 }),
        matchLength: fc.integer({ min: 0, max: 1 }),
      }),
    });
    fc.assert(
      fc.property(fc.array(route, { maxLength: 30 }), fc.infiniteStream(fc.nat()), (routes, random) => {
        const given: Ranked[] = routes.map((each, index) => ({ ...each, id: `${index}` }));
        const shuffled = given.map((each) => ({ each, at: random.next().value })).sort((a, b) => a.at - b.at);
        assert.deepEqual(shuffled.map(({ each }) => each).sort(compareRoutes), given.toSorted(compareRoutes));
      }),
    );
  });
});
