/** The table that arrives is the table that was sent. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { atOnce } from "../../src/lib/steps.ts";
import { applyPatch as applySteps, makePatch, type TablePatch } from "../../src/table/patch.ts";
import type { Listener, Route, Table, Upstream } from "../../src/table/table.ts";

function applyPatch(before: Table | undefined, patch: TablePatch): Table {
  return atOnce(applySteps(before, patch));
}

const gateway = (name: string) => ({
  name,
  namespace: "default",
  implicit: true,
  labelDomain: "cpaas.io",
  trustedProxies: [],
  listen: { nics: [], ipv6: true, backlog: null },
});

/** What a patch looks at of a route is its id, and whether it is the same. */
const route = fc.record({ id: fc.constantFrom("a", "b", "c", "d"), name: fc.constantFrom("x", "y") });
const listener = fc.record({
  id: fc.constantFrom("tcp/80", "tcp/81", "tcp/82"),
  name: fc.constantFrom("web", "api"),
  routes: fc.uniqueArray(route, { selector: ({ id }) => id }),
  errorPages: fc.constantFrom({}, { "Rule default/a": [] }, { "Rule default/a": [{ body: "x" }] }),
});
const table = fc.record({
  gateway: fc.constantFrom("g", "h").map(gateway),
  listeners: fc.uniqueArray(listener, { selector: ({ id }) => id }),
  upstreams: fc.dictionary(
    fc.constantFrom("u", "v", "w", "x", "y", "z"),
    fc.record({ endpoints: fc.array(fc.nat(1), { maxLength: 1 }), group: fc.constantFrom("g", "g", "h") }),
  ),
}).map((parts): Table => ({
  shape: 1,
  gateway: parts.gateway,
  listeners: parts.listeners.map((each) => ({
    ...each,
    routes: placed(each.routes),
  })) as unknown as Listener[],
  upstreams: { ...parts.upstreams } as unknown as Record<string, Upstream>,
}));

/** As in every table that is served. */
function placed<T>(routes: readonly T[]): readonly (T & { readonly index: number })[] {
  return routes.map((route, place) => ({ ...route, index: place + 1 }));
}

function sent<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

describe("a patch", () => {
  it("makes the later table of the earlier one, also over a wire", () => {
    fc.assert(fc.property(table, table, (before, after) => {
      assert.deepEqual(sent(applyPatch(before, sent(makePatch(before, after)))), sent(after));
    }));
  });

  it("makes the whole table of nothing", () => {
    fc.assert(fc.property(table, (after) => {
      assert.deepEqual(sent(applyPatch(undefined, sent(makePatch(undefined, after)))), sent(after));
    }));
  });

  it("holds only what changed, and leaves the rest the same objects", () => {
    const routes = placed(["a", "b", "c"].map((id) => ({ id, name: "x" }) as Route));
    const web = { id: "tcp/80", name: "web", routes } as unknown as Listener;
    const api = { ...web, id: "tcp/81" };
    const endpoints = (...ports: number[]) => ({ endpoints: ports }) as unknown as Upstream;
    const before: Table = {
      shape: 1,
      gateway: gateway("g"),
      listeners: [web, api],
      upstreams: { u: endpoints(1), v: endpoints(2) },
    };
    const changed = { ...routes[1]!, name: "y" };
    const after: Table = {
      ...before,
      listeners: [{ ...web, routes: placed([routes[2]!, changed]) }, { ...api, name: "renamed" }],
      upstreams: { u: endpoints(1), v: endpoints(3) },
    };
    const patch = makePatch(before, sent(after));
    assert.deepEqual(patch.listeners.map(({ routes }) => routes), [[[2, 1], changed], null]);
    assert.deepEqual(patch.upstreams, { put: {}, replaced: [], moved: { v: 0 }, removed: [], lists: [[3]] });
    const applied = applyPatch(before, patch);
    assert.deepEqual(applied.listeners[0]!.routes[0], { ...routes[2], index: 1 });
    assert.equal(applied.listeners[0]!.routes[1]!.name, "y");
    assert.equal(applied.listeners[1]!.routes, routes);
    assert.equal(applied.upstreams["u"], before.upstreams["u"]);
  });

  it("sends the endpoints of a Service once, however many rules lead to it", () => {
    const upstreams = (shared: number, others: readonly number[]) =>
      Object.fromEntries(
        Array.from({ length: 1000 }, (_, index) => {
          const endpoints = [{ address: "10.0.0.1", port: others[index] ?? shared }];
          return [
            `default/rule-${index}`,
            { name: `default/rule-${index}`, endpoints } as unknown as Upstream,
          ];
        }),
      );
    const table = (port: number, others: readonly number[] = []): Table => ({
      shape: 1,
      gateway: gateway("g"),
      listeners: [],
      upstreams: upstreams(port, others),
    });
    const before = table(80);
    const size = (after: Table) => JSON.stringify(makePatch(before, after).upstreams).length;
    assert.ok(size(table(81)) < 200, `${size(table(81))} characters for a change of all`);
    assert.ok(size(table(80, [81, 82])) < 300, `${size(table(80, [81, 82]))} characters for a change of two`);
    const oneStays = table(81, [80]);
    for (const after of [table(81), table(80, [81, 82]), oneStays]) {
      const applied = applyPatch(before, sent(makePatch(before, after)));
      assert.deepEqual(applied.upstreams, after.upstreams);
    }
  });

  it("makes one list of equal ones, which thousands of upstreams then share", () => {
    const list = () => [{ address: "10.0.0.1", port: 80 }];
    const after = {
      shape: 1,
      gateway: gateway("g"),
      listeners: [],
      upstreams: { u: { endpoints: list() }, v: { endpoints: list() } },
    } as unknown as Table;
    const { upstreams: { u, v } } = applyPatch(undefined, sent(makePatch(undefined, after)));
    assert.equal(u!.endpoints, v!.endpoints);
  });
});
