/** What is different between two tables: which sockets, matchers and balancers have to be touched. */
import { deepEqual } from "../lib/deep-equal.ts";
import type { Listener, Table } from "./table.ts";

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
  const listeners = compare(
    listenersBefore,
    listenersAfter,
    (a, b) => deepEqual(withoutRoutes(a), withoutRoutes(b)),
  );
  const routes = new Map<string, KeyChanges>();
  for (const [id, listener] of listenersAfter) {
    const changes = routeChanges(listenersBefore.get(id), listener);
    if (!isNone(changes)) routes.set(id, changes);
  }
  const upstreams = before.upstreams === after.upstreams
    ? NONE
    : compare(new Map(Object.entries(before.upstreams)), new Map(Object.entries(after.upstreams)), deepEqual);
  const onlyUpstreams = !gatewayChanged && isNone(listeners) && routes.size === 0;
  return {
    gatewayChanged,
    listeners,
    routes,
    upstreams,
    endpointsOnly: onlyUpstreams && !isNone(upstreams) &&
      upstreams.changed.every((name) =>
        deepEqual(withoutEndpoints(before, name), withoutEndpoints(after, name))
      ) && upstreams.added.length + upstreams.removed.length === 0,
    isEmpty: onlyUpstreams && isNone(upstreams),
  };
}

const NONE: KeyChanges = { added: [], removed: [], changed: [] };

function isNone({ added, removed, changed }: KeyChanges): boolean {
  return added.length + removed.length + changed.length === 0;
}

function routeChanges(before: Listener | undefined, after: Listener): KeyChanges {
  if (before === undefined || before.routes === after.routes) return NONE;
  return compare(byId(before.routes), byId(after.routes), deepEqual);
}

function compare<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  isSame: (a: T, b: T) => boolean,
): KeyChanges {
  const added: string[] = [];
  const changed: string[] = [];
  for (const [key, value] of after) {
    const known = before.get(key);
    if (known === undefined) added.push(key);
    else if (known !== value && !isSame(known, value)) changed.push(key);
  }
  return { added, changed, removed: [...before.keys()].filter((key) => !after.has(key)) };
}

function byId<T extends { readonly id: string }>(items: readonly T[]): ReadonlyMap<string, T> {
  return new Map(items.map((item) => [item.id, item]));
}

function withoutRoutes({ routes: _, ...rest }: Listener): Omit<Listener, "routes"> {
  return rest;
}

function withoutEndpoints({ upstreams }: Table, name: string): unknown {
  return { ...upstreams[name], endpoints: null };
}
