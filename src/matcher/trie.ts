/** A radix trie over strings, read from their start (paths) or from their end (hosts) without cutting them up. */
import type { Steps } from "../lib/steps.ts";

/** A node stands for the text on the way to it; `value` is null where that text was not inserted. */
export interface TrieNode<T> {
  /** The text between the parent and this node, in reading order. */
  edge: string;
  /** Length of the text from the root to here. */
  depth: number;
  /** First characters of the children's edges, ascending; `children` is in the same order. */
  codes: readonly number[];
  children: readonly TrieNode<T>[];
  value: T | null;
  /** Nearest ancestor with a value; known after {@link linkAncestors}. */
  up: TrieNode<T> | null;
}

/** An empty trie. */
export function newTrie<T>(): TrieNode<T> {
  return newNode<T>("", 0);
}

function newNode<T>(edge: string, depth: number): TrieNode<T> {
  return { edge, depth, codes: NONE, children: NONE, value: null, up: null };
}

/** Most nodes are leaves, thousands of them: they share their lack of children. */
const NONE: readonly never[] = [];

/** The node of `key`, made if there was none; tries that are read from the end take reversed keys. */
export function nodeOf<T>(root: TrieNode<T>, key: string): TrieNode<T> {
  let node = root;
  while (node.depth < key.length) {
    const code = key.charCodeAt(node.depth);
    const place = lowerBound(node.codes, code);
    const child = node.codes[place] === code ? node.children[place]! : undefined;
    if (child === undefined) {
      const leaf = newNode<T>(key.slice(node.depth), key.length);
      node.codes = insert(node.codes, place, code);
      node.children = insert(node.children, place, leaf);
      return leaf;
    }
    const common = commonLength(child.edge, key, node.depth);
    if (common === child.edge.length) node = child;
    else {
      const middle = splitEdge(child, node.depth, common);
      (node.children as TrieNode<T>[])[place] = middle; // it has this child, so the list is its own
      node = middle;
    }
  }
  return node;
}

/** Puts a node `length` characters down the edge to `child`. */
function splitEdge<T>(child: TrieNode<T>, depth: number, length: number): TrieNode<T> {
  const middle = newNode<T>(child.edge.slice(0, length), depth + length);
  middle.codes = [child.edge.charCodeAt(length)];
  middle.children = [child];
  child.edge = child.edge.slice(length);
  return middle;
}

/** Into the list itself, unless it is the one that leaves share. */
function insert<E>(list: readonly E[], place: number, item: E): readonly E[] {
  if (list === NONE) return [item];
  (list as E[]).splice(place, 0, item);
  return list;
}

function commonLength(edge: string, key: string, at: number): number {
  let length = 0;
  while (length < edge.length && edge.charCodeAt(length) === key.charCodeAt(at + length)) length++;
  return length;
}

const NODES_A_STEP = 256;

/** Sets every {@link TrieNode.up}; to be called once, when everything is inserted. */
export function* linkAncestors<T>(root: TrieNode<T>): Steps<void> {
  // Not recursive: one long path in a table must not exhaust the stack.
  const pending = [root];
  let visited = 0;
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (++visited % NODES_A_STEP === 0) yield;
    const nearest = node.value === null ? node.up : node;
    for (const child of node.children) {
      child.up = nearest;
      pending.push(child);
    }
  }
}

/**
 * The deepest node with a value whose text `text` starts with (ends with, if `fromEnd`); the others with this property
 * are reached through its `up`.
 */
export function deepest<T>(root: TrieNode<T>, text: string, fromEnd: boolean): TrieNode<T> | null {
  const { length } = text;
  const origin = fromEnd ? length - 1 : 0;
  const step = fromEnd ? -1 : 1;
  let found = root.value === null ? null : root;
  let node = root;
  while (node.depth < length) {
    const { codes, depth } = node;
    const code = text.charCodeAt(origin + step * depth);
    const place = lowerBound(codes, code);
    if (place === codes.length || codes[place] !== code) return found;
    node = node.children[place]!;
    if (node.depth > length) return found; // or the comparison below would leave the text, which is slow
    const { edge } = node;
    for (let i = 1; i < edge.length; i++) {
      if (edge.charCodeAt(i) !== text.charCodeAt(origin + step * (depth + i))) return found;
    }
    if (node.value !== null) found = node;
  }
  return found;
}

/** Index of the first element that is not below `code`. */
function lowerBound(codes: readonly number[], code: number): number {
  let low = 0;
  let high = codes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (codes[middle]! < code) low = middle + 1;
    else high = middle;
  }
  return low;
}
