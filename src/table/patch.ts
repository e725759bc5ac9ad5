/** What changed from one table to the next: small enough to be sent to other processes at every change. */
import { deepEqual } from "../lib/deep-equal.ts";
import { eachOf, type Steps } from "../lib/steps.ts";
import { applyUpstreamsPatch, makeUpstreamsPatch, type UpstreamsPatch } from "./patch-upstreams.ts";
import type { Listener, Route, Table } from "./table.ts";

export interface TablePatch extends Omit<Table, "listeners" | "upstreams"> {
  /** All of them, in order. */
  readonly listeners: readonly ListenerPatch[];
  readonly upstreams: UpstreamsPatch;
}

export interface ListenerPatch extends Omit<Listener, "routes" | "errorPages"> {
  /** Null = as before. */
  readonly routes: readonly (Route | KnownRoutes)[] | null;
  /** Null = as before: they may be large. */
  readonly errorPages: Listener["errorPages"] | null;
}

/** So many routes that the listener had before, from this place on; each has the index of its new place now. */
type KnownRoutes = readonly [from: number, count: number];

/** `before` is what the other side has; undefined = nothing. */
export function makePatch(before: Table | undefined, after: Table): TablePatch {
  const { listeners, upstreams, ...rest } = after;
  const known = new Map(before?.listeners.map((listener) => [listener.id, listener]));
  return {
    ...rest,
    listeners: listeners.map((listener) => patchListener(known.get(listener.id), listener)),
    upstreams: makeUpstreamsPatch(before?.upstreams ?? {}, upstreams),
  };
}

/** The table that `patch` was made for. What did not change stays the same object. */
export function* applyPatch(before: Table | undefined, patch: TablePatch): Steps<Table> {
  const known = new Map(before?.listeners.map((listener) => [listener.id, listener]));
  const listeners: Listener[] = [];
  for (const listener of patch.listeners) {
    const old = known.get(listener.id);
    const routes = yield* applyRoutes(old?.routes ?? [], listener.routes);
    listeners.push({ ...listener, routes, errorPages: listener.errorPages ?? old?.errorPages ?? {} });
  }
  const upstreams = yield* applyUpstreamsPatch(before?.upstreams ?? {}, patch.upstreams);
  return { ...patch, listeners, upstreams };
}

function* applyRoutes(before: readonly Route[], patch: ListenerPatch["routes"]): Steps<readonly Route[]> {
  if (patch === null) return before;
  const routes: Route[] = [];
  for (const part of patch) {
    if (isKnown(part)) {
      const [from, count] = part;
      if (from + count > before.length) {
        throw new Error(`the patch names routes ${from} to ${from + count} of ${before.length}`);
      }
      yield* eachOf(
        before.slice(from, from + count),
        (route) => void routes.push(placed(route, routes.length)),
      );
    } else {
      routes.push(part);
      if (routes.length % ROUTES_A_STEP === 0) yield;
    }
  }
  return routes;
}

const ROUTES_A_STEP = 256;

function isKnown(part: Route | KnownRoutes): part is KnownRoutes {
  return Array.isArray(part);
}

function placed(route: Route, place: number): Route {
  return route.index === place + 1 ? route : { ...route, index: place + 1 };
}

function patchListener(
  before: Listener | undefined,
  { routes, errorPages, ...rest }: Listener,
): ListenerPatch {
  const isPagesSame = before !== undefined && deepEqual(before.errorPages, errorPages);
  const own = { ...rest, errorPages: isPagesSame ? null : errorPages };
  if (before === undefined || before.routes.length === 0) return { ...own, routes };
  return { ...own, routes: before.routes === routes ? null : patchRoutes(before.routes, routes) };
}

function patchRoutes(before: readonly Route[], after: readonly Route[]): ListenerPatch["routes"] {
  const places = new Map(before.map((route, place) => [route.id, place]));
  const parts: (Route | [from: number, count: number])[] = [];
  let run: [from: number, count: number] | undefined;
  for (const [at, route] of after.entries()) {
    const place = places.get(route.id);
    const old = place === undefined ? undefined : before[place];
    if (place === undefined || old === undefined || !isMoved(old, route, at)) {
      parts.push(route);
      run = undefined;
    } else if (run !== undefined && run[0] + run[1] === place) run[1]++;
    else parts.push(run = [place, 1]);
  }
  const [first] = parts;
  const isSame = parts.length === 1 && first === run && run?.[0] === 0 && run[1] === before.length;
  return isSame || after.length + before.length === 0 ? null : parts;
}

/** Whether `after` is `before`, but for the index that goes with its place. */
function isMoved(before: Route, after: Route, place: number): boolean {
  const { index } = after;
  return index === place + 1 && (before === after || deepEqual({ ...before, index }, after));
}
