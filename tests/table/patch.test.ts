/** The table that arrives is the table that was sent. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { applyPatch, makePatch } from "../../src/table/patch.ts";
import type { Listener, Route, Table, Upstream } from "../../src/table/table.ts";

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
  upstreams: fc.dictionary(fc.constantFrom("u", "v", "w"), fc.record({ endpoints: fc.array(fc.nat(3)) })),
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
    assert.deepEqual(patch.listeners.map(({ routes }) => routes), [[2, changed], null]);
    assert.deepEqual([patch.upstreams, patch.removedUpstreams], [{ v: endpoints(3) }, []]);
    const applied = applyPatch(before, patch);
    assert.deepEqual(applied.listeners[0]!.routes[0], { ...routes[2], index: 1 });
    assert.equal(applied.listeners[0]!.routes[1]!.name, "y");
    assert.equal(applied.listeners[1]!.routes, routes);
    assert.equal(applied.upstreams["u"], before.upstreams["u"]);
  });
});
