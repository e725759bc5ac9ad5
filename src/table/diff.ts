/** What is different between two tables: which sockets, matchers and balancers have to be touched. */
import { deepEqual } from "../lib/deep-equal.ts";
import type { Listener, Route, Table } from "./table.ts";

/** Keys that came, went, or have another value. */
export interface KeyChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

export interface TableDiff {
  readonly gatewayChanged: boolean;
  /** Ids of listeners; `changed` = anything but routes: port, protocol, name, keep-alive, `Via`. */
  readonly listeners: KeyChanges;
  /** Ids of the routes of listeners that are in both tables, by listener; only listeners with changes. */
  readonly routes: ReadonlyMap<string, KeyChanges>;
  /** Names of upstreams. */
  readonly upstreams: KeyChanges;
  /** Something changed, and it was only endpoints: nothing has to be compiled. */
  readonly endpointsOnly: boolean;
  /** Nothing changed. */
  readonly isEmpty: boolean;
}

/** Compares by value; parts that are the same object in both tables cost nothing. */
export function diffTables(before: Table, after: Table): TableDiff {
  const gatewayChanged = !deepEqual(before.gateway, after.gateway);
  const listenersBefore = byId(before.listeners);
  const listenersAfter = byId(after.listeners);
  const listeners = compare(listenersBefore, listenersAfter, isSameListener);
  const routes = new Map<string, KeyChanges>();
  for (const { id, routes: now } of after.listeners) {
    const changes = compareRoutes(listenersBefore[id]?.routes ?? now, now);
    if (!isNone(changes)) routes.set(id, changes);
  }
  const upstreams = compare(before.upstreams, after.upstreams, deepEqual);
  const onlyUpstreams = !gatewayChanged && isNone(listeners) && routes.size === 0;
  return {
    gatewayChanged,
    listeners,
    routes,
    upstreams,
    endpointsOnly: onlyUpstreams && !isNone(upstreams) && isEndpointsOnly(upstreams, before, after),
    isEmpty: onlyUpstreams && isNone(upstreams),
  };
}

const NONE: KeyChanges = { added: [], removed: [], changed: [] };

function isNone({ added, removed, changed }: KeyChanges): boolean {
  return added.length + removed.length + changed.length === 0;
}

type Keyed<T> = Readonly<Record<string, T>>;

function compare<T>(before: Keyed<T>, after: Keyed<T>, isSame: (a: T, b: T) => boolean): KeyChanges {
  if (before === after) return NONE;
  const added: string[] = [];
  const changed: string[] = [];
  for (const key of Object.keys(after)) {
    const was = before[key];
    const is = after[key];
    if (was === undefined || is === undefined) added.push(key);
    else if (was !== is && !isSame(was, is)) changed.push(key);
  }
  return { added, changed, removed: Object.keys(before).filter((key) => after[key] === undefined) };
}

function compareRoutes(before: readonly Route[], after: readonly Route[]): KeyChanges {
  return before === after ? NONE : compare(byId(before), byId(after), deepEqual);
}

/** Ids hold slashes, so none of them is the name of something that every object has. */
function byId<T extends { readonly id: string }>(items: readonly T[]): Keyed<T> {
  return Object.fromEntries(items.map((item) => [item.id, item]));
}

function isSameListener(a: Listener, b: Listener): boolean {
  return deepEqual({ ...a, routes: null }, { ...b, routes: null });
}

function isEndpointsOnly({ added, removed, changed }: KeyChanges, before: Table, after: Table): boolean {
  return added.length + removed.length === 0 &&
    changed.every((name) =>
      deepEqual({ ...before.upstreams[name], endpoints: null }, { ...after.upstreams[name], endpoints: null })
    );
}
