/** Decides for each route under which keys of the index it is found, and what is left to be asked. */
import { cachedRegex } from "../lib/regex-cache.ts";
import type { Match, Row, Term } from "../table/match.ts";
import type { MatcherContext } from "./context.ts";
import { compileTerm, pathPrefix, type Predicate, termCost } from "./predicates.ts";

/** `exact`: the host itself; `suffix`: hosts ending with it; the others: one or any number of labels before it. */
export interface HostKey {
  readonly kind: "exact" | "oneLabel" | "anyLabels" | "suffix";
  readonly text: string;
}

export interface PathKey {
  readonly kind: "exact" | "prefix";
  readonly text: string;
}

/** A route is found under each host key together with each path key. */
export interface Plan {
  readonly hosts: readonly HostKey[];
  readonly paths: readonly PathKey[];
  /** Terms that the keys do not answer, cheapest first. */
  readonly predicates: readonly Predicate[];
}

/** How a term can be looked up; inexact keys find every match, but other requests too. */
interface TermKeys<K> {
  readonly term: Term;
  readonly keys: readonly K[];
  readonly isExact: boolean;
}

const ANY_HOST: readonly HostKey[] = [{ kind: "suffix", text: "" }];
const NO_PREDICATES: readonly Predicate[] = [];
const ANY_PATH: readonly PathKey[] = [{ kind: "prefix", text: "" }];

/** Most pairs of keys that one route may take up; beyond that only its hosts are looked up. */
const MAX_PAIRS = 256;

/** Plans one route; null when it can never match. */
export function planRoute(match: Match, context: MatcherContext): Plan | null {
  if (match === null) return null;
  const terms = match.filter((term) => !isAlwaysTrue(term));
  if (terms.some((term) => term.rows.every((row) => row.op === "NEVER"))) return null;
  const host = mostSpecific(
    terms.map((term) => term.subject.type === "HOST" ? termKeys(term, hostKeys) : null),
  );
  let path = mostSpecific(terms.map((term) => term.subject.type === "URL" ? termKeys(term, pathKeys) : null));
  if (host !== null && path !== null && isTooMany(host.keys.length, path.keys.length)) path = null;
  const answered = [host, path].map((found) => found?.isExact ? found.term : null);
  const asked = terms.filter((term) => !answered.includes(term));
  return {
    hosts: host?.keys ?? ANY_HOST,
    paths: path?.keys ?? ANY_PATH,
    predicates: asked.length === 0 ? NO_PREDICATES : asked
      .sort((a, b) => termCost(a) - termCost(b))
      .map((term) => compileTerm(term, context)),
  };
}

/** Long lists of hosts or of paths are fine, only their product is not. */
function isTooMany(hosts: number, paths: number): boolean {
  return hosts > 1 && paths > 1 && hosts * paths > MAX_PAIRS;
}

/** EXIST on what every request has. */
function isAlwaysTrue({ subject, rows }: Term): boolean {
  return !("key" in subject) && rows.some((row) => row.op === "EXIST");
}

function termKeys<K>(term: Term, keysOf: (row: Row) => readonly K[] | null): TermKeys<K> | null {
  const keys: K[] = [];
  for (const row of term.rows) {
    const found = keysOf(row);
    if (found === null) return null;
    for (const key of found) keys.push(key);
  }
  return { term, keys, isExact: term.rows.every((row) => row.op !== "REGEX") };
}

/** Of several terms on one subject, the one whose least specific key is the longest. */
function mostSpecific<K extends { readonly text: string }>(
  found: (TermKeys<K> | null)[],
): TermKeys<K> | null {
  let best: TermKeys<K> | null = null;
  for (const candidate of found) {
    if (candidate !== null && (best === null || shortest(candidate) > shortest(best))) best = candidate;
  }
  return best;
}

function shortest<K extends { readonly text: string }>({ keys }: TermKeys<K>): number {
  return keys.reduce((length, key) => Math.min(length, key.text.length), Infinity);
}

/** Keys that find all hosts that fulfil `row`; null when there are none. */
function hostKeys(row: Row): readonly HostKey[] | null {
  switch (row.op) {
    case "EQ":
      return [{ kind: "exact", text: row.value }];
    case "IN":
      return row.values.map((text) => ({ kind: "exact", text }));
    case "WILDCARD":
      return [{ kind: row.labels === "one" ? "oneLabel" : "anyLabels", text: row.suffix }];
    case "ENDS_WITH":
      return [{ kind: "suffix", text: row.value }];
    case "NEVER":
      return [];
    default:
      return null;
  }
}

/** Keys that find all paths that fulfil `row`; null when there are none. */
function pathKeys(row: Row): readonly PathKey[] | null {
  switch (row.op) {
    case "EQ":
      return [{ kind: "exact", text: row.value }];
    case "IN":
      return row.values.map((text) => ({ kind: "exact", text }));
    case "STARTS_WITH":
      return [{ kind: "prefix", text: row.value }];
    case "PATH_PREFIX": {
      const { exact, below } = pathPrefix(row.value);
      const paths: PathKey[] = [{ kind: "prefix", text: below }];
      return exact === null ? paths : [...paths, { kind: "exact", text: exact }];
    }
    case "REGEX": {
      const result = cachedRegex(row.value);
      if (!result.ok) return [];
      return result.regex.requiredPrefix ? [{ kind: "prefix", text: result.regex.requiredPrefix }] : null;
    }
    case "NEVER":
      return [];
    default:
      return null;
  }
}
