/** Candidates by path: a trie whose nodes hold those for the path itself and those for everything below it. */
import type { Steps } from "../lib/steps.ts";
import type { Route } from "../table/table.ts";
import type { PathKey } from "./dslx.ts";
import type { Predicate } from "./predicates.ts";
import type { RequestView } from "./request-view.ts";
import { deepest, linkAncestors, newTrie, nodeOf, type TrieNode } from "./trie.ts";

/** A route that the keys of a request have led to. */
export interface Candidate {
  /** Its place in the order of the rules. */
  readonly place: number;
  /** Undefined only in {@link NOBODY}. */
  readonly route: Route | undefined;
  readonly predicates: readonly Predicate[];
}

/** A place behind those of all routes; an integer, as they are. */
const NOWHERE = 0x3fffffff;

/** Stands behind every route. */
export const NOBODY: Candidate = { place: NOWHERE, route: undefined, predicates: [] };

/** Both lists in rule order. */
interface Slot {
  exact: Candidate[] | null;
  prefix: Candidate[] | null;
}

export interface PathIndex {
  readonly trie: TrieNode<Slot>;
  /** The lowest place of all candidates, to pass over the index as a whole. */
  first: number;
}

export function newPathIndex(): PathIndex {
  return { trie: newTrie(), first: NOWHERE };
}

/** Adds a candidate; they come in rule order. */
export function addPath(index: PathIndex, key: PathKey, candidate: Candidate): void {
  const node = nodeOf(index.trie, key.text);
  node.value ??= { exact: null, prefix: null };
  const list = node.value[key.kind];
  if (list === null) node.value[key.kind] = [candidate];
  else if (list.at(-1) !== candidate) list.push(candidate);
  index.first = Math.min(index.first, candidate.place);
}

/** To be called once after the last {@link addPath}. */
export function sealPaths(index: PathIndex): Steps<void> {
  return linkAncestors(index.trie);
}

/**
 * The first candidate in rule order that matches, or `best` if none comes before it. Lists are read from the most
 * specific to the most general and each only up to `best`: no merging, no sorting, no allocation. With many candidates
 * of one key that fail, as with thousands of unanchored expressions on one host, time is linear in them.
 */
export function findByPath(index: PathIndex, path: string, request: RequestView, best: Candidate): Candidate {
  if (index.first > best.place) return best;
  let winner = best;
  for (let node = deepest(index.trie, path, false); node !== null; node = node.up) {
    const { exact, prefix } = node.value!;
    if (exact !== null && node.depth === path.length) winner = firstOf(exact, request, winner);
    if (prefix !== null) winner = firstOf(prefix, request, winner);
  }
  return winner;
}

function firstOf(list: readonly Candidate[], request: RequestView, best: Candidate): Candidate {
  for (let i = 0; i < list.length; i++) {
    const candidate = list[i]!;
    if (candidate.place >= best.place) return best;
    if (isMatch(candidate.predicates, request)) return candidate;
  }
  return best;
}

function isMatch(predicates: readonly Predicate[], request: RequestView): boolean {
  for (let i = 0; i < predicates.length; i++) {
    if (!predicates[i]!(request)) return false;
  }
  return true;
}
