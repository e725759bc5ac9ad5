/** The order in which the routes of a listener are tried (data-plane spec 2): a comparator over named keys. */
import type { Route, RouteOrder } from "./table.ts";

/** Counts where an object states no priority; ALB took 0, which beat every stated one. */
export const DEFAULT_PRIORITY = 5;

/** The documented range. Numbers outside are honoured, but never beat the {@link RouteOrder.place}. */
export const PRIORITY_RANGE = { min: 0, max: 10 } as const;

/** The part of a {@link Route} that decides its place. */
export type Ranked = Pick<Route, "id" | "name" | "order">;

type Key = (a: Ranked, b: Ranked) => number;

const PLACES: Readonly<Record<RouteOrder["place"], number>> = { first: 0, normal: 1, last: 2 };

/** The keys, the most important first. */
const KEYS: readonly Key[] = [
  // Redirects of a whole frontend go first and default routes last, whatever priority a rule claims.
  (a, b) => PLACES[a.order.place] - PLACES[b.order.place],
  (a, b) => a.order.priority - b.order.priority,
  (a, b) => b.order.complexity - a.order.complexity,
  (a, b) => b.order.matchLength - a.order.matchLength,
  (a, b) => compareText(a.name, b.name),
  // Names may repeat across namespaces; the order must not depend on which object was read first.
  (a, b) => compareText(a.id, b.id),
];

/** Negative when `a` is tried before `b`. Total: zero only for a route and itself. */
export function compareRoutes(a: Ranked, b: Ranked): number {
  for (const key of KEYS) {
    const difference = key(a, b);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** By code unit, which is the byte order for everything that Kubernetes allows in a name. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
