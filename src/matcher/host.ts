/**
 * Candidates by host: a trie over reversed host names, whose nodes hold path indexes for the host itself and for the
 * kinds of wildcards before it. Routes for any host are at the root, once, and not copied to each host.
 */
import type { Steps } from "../lib/steps.ts";
import type { HostKey, Plan } from "./dslx.ts";
import {
  addPath,
  type Candidate,
  findByPath,
  newPathIndex,
  NOBODY,
  type PathIndex,
  sealPaths,
} from "./path.ts";
import type { RequestView } from "./request-view.ts";
import { deepest, linkAncestors, newTrie, nodeOf, type TrieNode } from "./trie.ts";

type Slot = Record<HostKey["kind"], PathIndex | null>;

export type HostIndex = TrieNode<Slot>;

export interface HostIndexBuilder {
  /** Candidates come in rule order. */
  add(plan: Plan, candidate: Candidate): void;
  /** To be called once, after the last one. */
  seal(): Steps<HostIndex>;
}

export function newHostIndexBuilder(): HostIndexBuilder {
  const index: HostIndex = newTrie();
  const paths = new Set<PathIndex>();
  return {
    add(plan, candidate) {
      for (const host of plan.hosts) {
        const bucket = bucketOf(index, host);
        paths.add(bucket);
        for (const path of plan.paths) addPath(bucket, path, candidate);
      }
    },
    *seal() {
      yield* linkAncestors(index);
      for (const index of paths) {
        yield* sealPaths(index);
        yield;
      }
      return index;
    },
  };
}

function bucketOf(index: HostIndex, key: HostKey): PathIndex {
  const node = nodeOf(index, reverse(key.text));
  node.value ??= { exact: null, oneLabel: null, anyLabels: null, suffix: null };
  return node.value[key.kind] ??= newPathIndex();
}

/** Reverses code units, as {@link deepest} reads them. */
function reverse(text: string): string {
  let reversed = "";
  for (let i = text.length - 1; i >= 0; i--) reversed += text[i];
  return reversed;
}

/** The first candidate in rule order that matches, or {@link NOBODY}. */
export function findByHost(index: HostIndex, request: RequestView): Candidate {
  const { host, path } = request;
  let best = NOBODY;
  for (let node = deepest(index, host, true); node !== null; node = node.up) {
    const { exact, oneLabel, anyLabels, suffix } = node.value!;
    const rest = host.length - node.depth;
    if (rest === 0) {
      if (exact !== null) best = findByPath(exact, path, request, best);
    } else {
      if (oneLabel !== null && host.lastIndexOf(".", rest - 1) < 0) {
        best = findByPath(oneLabel, path, request, best);
      }
      if (anyLabels !== null) best = findByPath(anyLabels, path, request, best);
    }
    if (suffix !== null) best = findByPath(suffix, path, request, best);
  }
  return best;
}
