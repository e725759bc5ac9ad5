/** Random tables, good and bad, that have much in common: what changes from one to the next is what matters. */
import fc from "fast-check";
import type { Listener, Route, Table, Upstream } from "../../src/table/table.ts";
import { listenerOf, orderOf, routeOf, tableOf, UPSTREAM } from "./tables.ts";

const UPSTREAMS = ["default/u", "default/v", "constructor"];

const routes: fc.Arbitrary<Route> = fc.record({
  name: fc.constantFrom("a", "b", "c", "d"),
  index: fc.constantFrom(1, 1, 2, 3),
  priority: fc.constantFrom(5, 5, 5, 1),
  upstream: fc.constantFrom(null, ...UPSTREAMS),
  isHollow: fc.constantFrom(false, false, true),
}).map(({ name, index, priority, upstream, isHollow }) =>
  routeOf(name, index, {
    upstream,
    order: orderOf({ priority }),
    ...(isHollow && { match: [{ subject: { type: "URL" }, rows: [] }] }),
  })
);

/** Half of them with the indexes that their places ask for. */
const listeners: fc.Arbitrary<Listener> = fc.record({
  port: fc.constantFrom(80, 81, 82),
  shownPort: fc.constantFrom(undefined, undefined, 0),
  routes: fc.array(routes, { maxLength: 5 }),
  isPlaced: fc.boolean(),
}).map(({ port, shownPort, routes, isPlaced }) => ({
  ...listenerOf(isPlaced ? routes.map((route, place) => ({ ...route, index: place + 1 })) : routes, port),
  ...(shownPort !== undefined && { port: shownPort }),
}));

const upstreams: fc.Arbitrary<Upstream> = fc.record({
  name: fc.constantFrom(...UPSTREAMS),
  ports: fc.array(fc.constantFrom(8080, 8081, 8082, 70_000), { maxLength: 3 }),
}).map(({ name, ports }) => ({
  ...UPSTREAM,
  name,
  endpoints: ports.map((port) => ({ ...UPSTREAM.endpoints[0]!, port })),
}));

export const tables: fc.Arbitrary<Table> = fc.record({
  listeners: fc.array(listeners, { maxLength: 3 }),
  upstreams: fc.array(upstreams, { maxLength: 4 }),
  trustedProxies: fc.constantFrom([], ["10.0.0.0/8"]),
}).map(({ listeners, upstreams, trustedProxies }) => {
  const table = tableOf(listeners, upstreams);
  return { ...table, gateway: { ...table.gateway, trustedProxies } };
});

/** Equal, and not one object the same. */
export function copyOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}
