/** What changed from one table to the next: small enough to be sent to other processes at every change. */
import { deepEqual } from "../lib/deep-equal.ts";
import type { Listener, Route, Table, Upstream } from "./table.ts";

export interface TablePatch extends Omit<Table, "listeners" | "upstreams"> {
  /** All of them, in order. */
  readonly listeners: readonly ListenerPatch[];
  /** Those that are new or have changed. */
  readonly upstreams: Readonly<Record<string, Upstream>>;
  /** Names of those that are gone. */
  readonly removedUpstreams: readonly string[];
}

export interface ListenerPatch extends Omit<Listener, "routes" | "errorPages"> {
  /** Null = as before; a number is the place of a route that the listener had before, which now has the index of this place. */
  readonly routes: readonly (Route | number)[] | null;
  /** Null = as before: they may be large. */
  readonly errorPages: Listener["errorPages"] | null;
}

/** `before` is what the other side has; undefined = nothing. */
export function makePatch(before: Table | undefined, after: Table): TablePatch {
  const { listeners, upstreams, ...rest } = after;
  const known = new Map(before?.listeners.map((listener) => [listener.id, listener]));
  const upstreamsBefore = before?.upstreams ?? {};
  return {
    ...rest,
    listeners: listeners.map((listener) => patchListener(known.get(listener.id), listener)),
    upstreams: Object.fromEntries(
      Object.entries(upstreams).filter(([name, upstream]) => !deepEqual(upstreamsBefore[name], upstream)),
    ),
    removedUpstreams: Object.keys(upstreamsBefore).filter((name) => !Object.hasOwn(upstreams, name)),
  };
}

/** The table that `patch` was made for. What did not change stays the same object. */
export function applyPatch(before: Table | undefined, patch: TablePatch): Table {
  const { listeners, upstreams, removedUpstreams, ...rest } = patch;
  const known = new Map(before?.listeners.map((listener) => [listener.id, listener]));
  const removed = new Set(removedUpstreams);
  const kept = Object.entries(before?.upstreams ?? {}).filter(([name]) => !removed.has(name));
  return {
    ...rest,
    listeners: listeners.map((listener) => {
      const old = known.get(listener.id);
      const oldRoutes = old?.routes ?? [];
      const routes = listener.routes?.map((route, place) =>
        typeof route === "number" ? placed(oldRoutes, route, place) : route
      );
      const errorPages = listener.errorPages ?? old?.errorPages ?? {};
      return { ...listener, routes: routes ?? oldRoutes, errorPages };
    }),
    upstreams: { ...Object.fromEntries(kept), ...upstreams },
  };
}

function patchListener(
  before: Listener | undefined,
  { routes, errorPages, ...rest }: Listener,
): ListenerPatch {
  const isPagesSame = before !== undefined && deepEqual(before.errorPages, errorPages);
  const own = { ...rest, errorPages: isPagesSame ? null : errorPages };
  if (before === undefined || before.routes.length === 0) return { ...own, routes };
  const places = new Map(before.routes.map((route, place) => [route.id, place]));
  const patched = routes.map((route, at) => {
    const place = places.get(route.id);
    const old = place === undefined ? undefined : before.routes[place];
    return place !== undefined && old !== undefined && isMoved(old, route, at) ? place : route;
  });
  const isSame = patched.length === before.routes.length && patched.every((route, place) => route === place);
  return { ...own, routes: isSame ? null : patched };
}

/** Whether `after` is `before`, but for the index that goes with its place. */
function isMoved(before: Route, after: Route, place: number): boolean {
  const { index } = after;
  return index === place + 1 && (before === after || deepEqual({ ...before, index }, after));
}

function placed(routes: readonly Route[], from: number, place: number): Route {
  const route = routes[from];
  if (route === undefined) throw new Error(`the patch names route ${from} of ${routes.length}`);
  return route.index === place + 1 ? route : { ...route, index: place + 1 };
}
