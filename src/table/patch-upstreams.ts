/**
 * What changed of the upstreams from one table to the next. Thousands of rules may lead to one Service: a list of
 * endpoints is sent once, however many upstreams have it, and where it alone has changed nothing else is sent.
 */
import { deepEqual } from "../lib/deep-equal.ts";
import { eachOf, type Steps } from "../lib/steps.ts";
import type { Endpoint, Table, Upstream } from "./table.ts";

type Upstreams = Table["upstreams"];
type List = readonly Endpoint[];

export interface UpstreamsPatch {
  /** Lists of endpoints; the rest of the patch names them by their place here. */
  readonly lists: readonly List[];
  /** Upstreams that are new, or of which more than the endpoints has changed. */
  readonly put: Readonly<Record<string, Omit<Upstream, "endpoints"> & { readonly endpoints: number }>>;
  /** All upstreams, but for those in `put`, that had the list `from` have `to` now. */
  readonly replaced: readonly { readonly from: number; readonly to: number }[];
  /** Single upstreams that have another list now. */
  readonly moved: Readonly<Record<string, number>>;
  /** Names of those that are gone. */
  readonly removed: readonly string[];
}

/** Whoever applies a patch compares every list that it knows with each of `replaced`. */
const MOST_REPLACED = 16;

/** `before` is what the other side has. */
export function makeUpstreamsPatch(before: Upstreams, after: Upstreams): UpstreamsPatch {
  const lists = new Lists();
  const put: Record<string, UpstreamsPatch["put"][string]> = {};
  const moved = new Map<string, Move>();
  for (const [name, upstream] of Object.entries(after)) {
    const old = before[name];
    if (old === upstream) continue;
    const { endpoints, ...own } = upstream;
    if (old === undefined || !isSameApartFromEndpoints(old, upstream)) {
      put[name] = { ...own, endpoints: lists.placeOf(endpoints) };
    } else if (!deepEqual(old.endpoints, endpoints)) moved.set(name, { from: old.endpoints, to: endpoints });
  }
  const replaced = findReplaced(before, (name) => Object.hasOwn(put, name) ? undefined : after[name], moved)
    .map(({ from, to }) => ({ from: lists.placeOf(from), to: lists.placeOf(to) }));
  return {
    put,
    replaced,
    moved: Object.fromEntries(Array.from(moved, ([name, { to }]) => [name, lists.placeOf(to)])),
    removed: Object.keys(before).filter((name) => !Object.hasOwn(after, name)),
    lists: lists.all,
  };
}

/** The upstreams that `patch` was made for. What did not change stays the same object; equal lists become one. */
export function* applyUpstreamsPatch(before: Upstreams, patch: UpstreamsPatch): Steps<Upstreams> {
  const { lists, put, replaced, moved, removed } = patch;
  const isNothing = [put, replaced, moved, removed].every((part) => Object.keys(part).length === 0);
  if (isNothing) return before;
  const gone = new Set(removed);
  const replacements = replaced.map(({ from, to }) => ({ from: at(lists, from), to: at(lists, to) }));
  const known = new Map<List, List>();
  function replacementOf(list: List): List {
    let found = known.get(list);
    if (found === undefined) {
      found = replacements.find(({ from }) => deepEqual(from, list))?.to ?? list;
      known.set(list, found);
    }
    return found;
  }
  const after: Record<string, Upstream> = {};
  yield* eachOf(Object.entries(before), ([name, upstream]) => {
    if (gone.has(name)) return;
    const place = Object.hasOwn(moved, name) ? moved[name] : undefined;
    const endpoints = place === undefined ? replacementOf(upstream.endpoints) : at(lists, place);
    after[name] = endpoints === upstream.endpoints ? upstream : { ...upstream, endpoints };
  });
  yield* eachOf(Object.entries(put), ([name, upstream]) => {
    after[name] = { ...upstream, endpoints: at(lists, upstream.endpoints) };
  });
  return after;
}

interface Move {
  readonly from: List;
  readonly to: List;
}

/**
 * Lists that are replaced wherever they are. Takes the upstreams that are covered by that out of `moved`.
 *
 * @param comparable what has become of an upstream; undefined = it is gone, or is sent as a whole
 */
function findReplaced(
  before: Upstreams,
  comparable: (name: string) => Upstream | undefined,
  moved: Map<string, Move>,
): readonly Move[] {
  const counts = new Map<string, { readonly move: Move; count: number }>();
  const textOf = remembered((list) => JSON.stringify(list));
  for (const move of moved.values()) {
    const known = counts.get(textOf(move.from));
    if (known === undefined) counts.set(textOf(move.from), { move, count: 1 });
    else known.count++;
  }
  const candidates = [...counts.values()].filter(({ count }) => count > 1)
    .sort((a, b) => b.count - a.count).slice(0, MOST_REPLACED);
  const found: Move[] = [];
  for (const { move: { from, to } } of candidates) {
    if (found.some((each) => deepEqual(each.from, from))) continue;
    const isFrom = remembered((list) => deepEqual(list, from));
    const isTo = remembered((list) => deepEqual(list, to));
    const names: string[] = [];
    let isEverywhere = true;
    for (const [name, { endpoints }] of Object.entries(before)) {
      const now = isFrom(endpoints) ? comparable(name) : undefined;
      if (now === undefined) continue;
      isEverywhere &&= isTo(now.endpoints);
      names.push(name);
    }
    if (!isEverywhere) continue;
    found.push({ from, to });
    for (const name of names) moved.delete(name);
  }
  return found;
}

/** Upstreams share their lists, so few of them are different objects. */
function remembered<T>(look: (list: List) => T): (list: List) => T {
  const known = new Map<List, T>();
  return function seen(list) {
    let result = known.get(list);
    if (result === undefined) known.set(list, result = look(list));
    return result;
  };
}

class Lists {
  readonly all: List[] = [];
  readonly #byText = new Map<string, number>();

  readonly placeOf: (list: List) => number = remembered((list) => {
    const text = JSON.stringify(list);
    const place = this.#byText.get(text) ?? this.all.push(list) - 1;
    this.#byText.set(text, place);
    return place;
  });
}

function at(lists: readonly List[], place: number): List {
  const list = lists[place];
  if (list === undefined) throw new Error(`the patch names list ${place} of ${lists.length}`);
  return list;
}

function isSameApartFromEndpoints(before: Upstream, after: Upstream): boolean {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Upstream>;
  return [...keys].every((key) => key === "endpoints" || deepEqual(before[key], after[key]));
}
