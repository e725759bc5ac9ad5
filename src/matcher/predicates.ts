/** Terms compiled into functions: what depends only on the table is parsed here, once. */
import { compareDecimals, parseDecimal } from "../lib/decimal.ts";
import { compareAddresses, inNetwork, isV4, parseAddress, parseNetwork } from "../lib/ip.ts";
import { cachedRegex } from "../lib/regex-cache.ts";
import type { Row, Term } from "../table/match.ts";
import type { MatcherContext } from "./context.ts";
import type { RequestView } from "./request-view.ts";

/** Whether a request fulfils one term. */
export type Predicate = (request: RequestView) => boolean;

type ValueTest = (value: string) => boolean;

/** Compiles the OR of a term's rows. */
export function compileTerm(term: Term, context: MatcherContext): Predicate {
  const { subject, rows } = term;
  const accepts = anyOf(rows.map((row) => compileRow(row, context)));
  const read = context.readerOf(subject);
  return function holds(request) {
    const value = read(request);
    return value !== undefined && accepts(value);
  };
}

/** Relative cost of evaluating a term; the cheapest are asked first. */
export function termCost(term: Term): number {
  const hasRegex = term.rows.some((row) => row.op === "REGEX");
  return SUBJECT_COST[term.subject.type] + (hasRegex ? 10 : 0);
}

const SUBJECT_COST = { METHOD: 0, URL: 1, HOST: 1, SRC_IP: 2, HEADER: 3, COOKIE: 4, PARAM: 5 } as const;

function anyOf(tests: readonly ValueTest[]): ValueTest {
  const [only] = tests;
  if (tests.length === 1 && only !== undefined) return only;
  return (value) => tests.some((test) => test(value));
}

function oneOf(values: readonly string[]): ValueTest {
  const [only] = values;
  if (values.length === 1) return (value) => value === only;
  const set = new Set(values);
  return (value) => set.has(value);
}

function compileRow(row: Row, context: MatcherContext): ValueTest {
  switch (row.op) {
    case "EQ":
      return oneOf([row.value]);
    case "IN":
      return oneOf(row.values);
    case "STARTS_WITH":
      return (value) => value.startsWith(row.value);
    case "ENDS_WITH":
      return (value) => value.endsWith(row.value);
    case "REGEX": {
      const result = cachedRegex(row.value);
      if (!result.ok) return () => false; // translation has refused it before
      return (value) => result.regex.test(value);
    }
    case "WILDCARD": {
      const { suffix, labels } = row;
      return (value) => {
        const rest = value.length - suffix.length;
        return rest > 0 && value.endsWith(suffix) &&
          (labels === "any" || value.lastIndexOf(".", rest - 1) < 0);
      };
    }
    case "RANGE":
      return compileRange(row.start, row.end, context);
    case "CIDR": {
      const network = parseNetwork(row.value);
      if (network === null) return () => false;
      return (value) => {
        const address = context.parseAddress(value);
        return address !== null && inNetwork(network, address);
      };
    }
    case "PATH_PREFIX": {
      const { exact, below } = pathPrefix(row.value);
      return (value) => value.startsWith(below) || value === exact;
    }
    case "EXIST":
      return () => true;
    case "NEVER":
      return () => false;
  }
}

/**
 * The two kinds of paths under an element-wise prefix: itself, and what starts with it and a slash. Slashes at its end
 * say nothing (Gateway API, HTTPPathMatch); `exact` is null for the root, which is not a path of its own.
 */
export function pathPrefix(value: string): { readonly exact: string | null; readonly below: string } {
  let end = value.length;
  while (value.charCodeAt(end - 1) === 0x2f) end--;
  const prefix = value.slice(0, end);
  return { exact: prefix === "" ? null : prefix, below: `${prefix}/` };
}

/** RANGE: addresses and decimals by value, other text by characters; address bounds hold their own family only. */
function compileRange(start: string, end: string, context: MatcherContext): ValueTest {
  const addresses = pair(parseAddress(start), parseAddress(end));
  const decimals = pair(parseDecimal(start), parseDecimal(end));
  const isFamilyV4 = addresses !== null && isV4(addresses.start);
  const isOneFamily = addresses !== null && isV4(addresses.end) === isFamilyV4;
  return function inRange(value) {
    const address = context.parseAddress(value);
    if (address !== null) {
      return isOneFamily && isV4(address) === isFamilyV4 && compareAddresses(addresses.start, address) <= 0 &&
        compareAddresses(address, addresses.end) <= 0;
    }
    const decimal = decimals === null ? null : parseDecimal(value);
    if (decimals !== null && decimal !== null) {
      return compareDecimals(decimals.start, decimal) <= 0 && compareDecimals(decimal, decimals.end) <= 0;
    }
    return start <= value && value <= end;
  };
}

function pair<T>(start: T | null, end: T | null): { readonly start: T; readonly end: T } | null {
  return start === null || end === null ? null : { start, end };
}
