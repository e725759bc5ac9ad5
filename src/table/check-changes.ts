/**
 * {@link checkTable} for one table after the other: looks at what is new. Its twin is `check.ts`, which looks at
 * everything; both find the same.
 */
import { eachOf, type Steps } from "../lib/steps.ts";
import { checkListener, checkRoute, checkUpstream } from "./check.ts";
import { diffKeys } from "./diff.ts";
import type { Listener, Table } from "./table.ts";

const NOTHING: Pick<Table, "listeners" | "upstreams"> = { listeners: [], upstreams: {} };

/**
 * The findings of `checkTable(after)`.
 *
 * @param before a table without findings; its parts need no second look where they are the same objects in `after`
 */
export function* checkChanges(
  before: Pick<Table, "listeners" | "upstreams"> = NOTHING,
  after: Table,
): Steps<readonly string[]> {
  const { removed, added, changed } = yield* diffKeys(before.upstreams, after.upstreams);
  const findings: string[] = [];
  if (before.listeners !== after.listeners || removed.length > 0) {
    const known = new Map(before.listeners.map((listener) => [listener.id, listener]));
    yield* findRepeated(after.listeners, findings);
    for (const listener of after.listeners) {
      // Without an upstream that is gone, routes that were good are good.
      yield* checkRoutes(listener, removed.length > 0 ? undefined : known.get(listener.id), after, findings);
    }
  }
  const fresh = new Set([...added, ...changed]);
  yield* eachOf(fresh.size === 0 ? [] : Object.entries(after.upstreams), ([name, upstream]) => {
    if (fresh.has(name)) findings.push(...checkUpstream(name, upstream));
  });
  return findings;
}

function* findRepeated(listeners: readonly Listener[], findings: string[]): Steps<void> {
  const ids = new Set<string>();
  for (const { id } of listeners) {
    if (ids.size === ids.add(id).size) findings.push(`listener ${id} occurs twice`);
  }
  const routes = new Set<string>();
  for (const listener of listeners) {
    yield* eachOf(listener.routes, ({ id }) => {
      if (routes.size === routes.add(id).size) findings.push(`route ${id} occurs twice`);
    });
  }
}

/** @param good the listener as it was when nothing was wrong with it, and all its upstreams are still there */
function* checkRoutes(
  listener: Listener,
  good: Listener | undefined,
  { upstreams }: Table,
  findings: string[],
): Steps<void> {
  if (listener === good) return;
  findings.push(...checkListener(listener));
  const { routes } = listener;
  yield* eachOf(routes, (route, place) => {
    const isKnown = good !== undefined && good.routes[place] === route &&
      good.routes[place - 1] === routes[place - 1];
    if (!isKnown) findings.push(...checkRoute(route, place, routes[place - 1], upstreams));
  });
}
