/**
 * A new table made of the parts of the one before, as far as they are equal. Everything behind it may then ask whether
 * something is the same object instead of whether it is equal, and two tables need the memory of one.
 */
import { deepEqual } from "../lib/deep-equal.ts";
import { eachOf, type Steps } from "../lib/steps.ts";
import type { Listener, Route, Table } from "./table.ts";

/** A table equal to `after`, in which what was in `before` is the same object; `before` itself when nothing changed. */
export function* shareParts(before: Table, after: Table): Steps<Table> {
  const known = new Map(before.listeners.map((listener) => [listener.id, listener]));
  const listeners: Listener[] = [];
  for (const listener of after.listeners) {
    listeners.push(yield* shareListener(known.get(listener.id), listener));
  }
  return shareFields(before, {
    ...after,
    listeners: sameItems(before.listeners, listeners),
    upstreams: yield* shareUpstreams(before.upstreams, after.upstreams),
  });
}

function* shareListener(before: Listener | undefined, after: Listener): Steps<Listener> {
  if (before === undefined || before === after) return after;
  return shareFields(before, { ...after, routes: yield* shareRoutes(before.routes, after.routes) });
}

/** A route whose place alone has changed is another object, made of the same parts. */
function* shareRoutes(before: readonly Route[], after: readonly Route[]): Steps<readonly Route[]> {
  if (before === after) return before;
  const known = new Map<string, Route>();
  yield* eachOf(before, (route) => void known.set(route.id, route));
  const routes: Route[] = [];
  yield* eachOf(after, (route) => {
    const old = known.get(route.id);
    routes.push(old === undefined ? route : shareFields(old, route));
  });
  return sameItems(before, routes);
}

function* shareUpstreams(before: Table["upstreams"], after: Table["upstreams"]): Steps<Table["upstreams"]> {
  if (before === after) return before;
  const upstreams: Record<string, Table["upstreams"][string]> = {};
  let same = 0;
  yield* eachOf(Object.entries(after), ([name, upstream]) => {
    const old = Object.hasOwn(before, name) ? before[name] : undefined;
    const shared = old === undefined ? upstream : shareFields(old, upstream);
    if (shared === old) same++;
    upstreams[name] = shared;
  });
  const isSame = same === Object.keys(after).length && same === Object.keys(before).length;
  return isSame ? before : upstreams;
}

/** `before` when all fields are equal, else `after` with those of `before` that are. */
function shareFields<T extends object>(before: T, after: T): T {
  if (before === after) return before;
  const fields = Object.keys(after) as (keyof T)[];
  const same = fields.filter((field) => deepEqual(before[field], after[field]));
  if (same.length === fields.length && same.length === Object.keys(before).length) return before;
  if (same.every((field) => before[field] === after[field])) return after;
  const shared = { ...after };
  for (const field of same) shared[field] = before[field];
  return shared;
}

function sameItems<T>(before: readonly T[], after: readonly T[]): readonly T[] {
  return before.length === after.length && before.every((item, at) => item === after[at]) ? before : after;
}
