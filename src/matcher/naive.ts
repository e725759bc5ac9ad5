/**
 * The plain twin of the compiled matcher: each route in order, each term, each row, as data-plane spec 1 says it.
 * Slow; for `explain` and for tests, which prove both equal.
 */
import { compareDecimals, parseDecimal } from "../lib/decimal.ts";
import { compareAddresses, inNetwork, isV4, parseAddress, parseNetwork } from "../lib/ip.ts";
import { cachedRegex } from "../lib/regex-cache.ts";
import type { Row, Term } from "../table/match.ts";
import type { Route } from "../table/table.ts";
import type { Matcher } from "./mod.ts";
import type { RequestView } from "./request-view.ts";
import { readSubject } from "./subject.ts";

/** A matcher that tries every route. */
export function naiveMatcher(routes: readonly Route[]): Matcher {
  return {
    find: (request) => routes.find(({ match }) => match?.every((term) => termHolds(term, request)) ?? false),
  };
}

/** Whether one row of the term holds; never when the value is absent. */
export function termHolds(term: Term, request: RequestView): boolean {
  const value = readSubject(term.subject, request);
  return value !== undefined && term.rows.some((row) => rowHolds(row, value));
}

function rowHolds(row: Row, value: string): boolean {
  switch (row.op) {
    case "EQ":
      return value === row.value;
    case "IN":
      return row.values.includes(value);
    case "STARTS_WITH":
      return value.startsWith(row.value);
    case "ENDS_WITH":
      return value.endsWith(row.value);
    case "REGEX":
      return regexHolds(row.value, value);
    case "WILDCARD": {
      if (!value.endsWith(row.suffix)) return false;
      const rest = value.slice(0, value.length - row.suffix.length);
      return rest !== "" && (row.labels === "any" || !rest.includes("."));
    }
    case "RANGE":
      return inRange(value, row.start, row.end);
    case "CIDR":
      return inBlock(value, row.value);
    case "PATH_PREFIX": {
      const prefix = row.value.replace(/\/+$/, "");
      return (value === prefix && prefix !== "") || value.startsWith(`${prefix}/`);
    }
    case "EXIST":
      return true;
    case "NEVER":
      return false;
  }
}

function regexHolds(pattern: string, value: string): boolean {
  const result = cachedRegex(pattern);
  return result.ok && result.regex.test(value);
}

function inBlock(value: string, block: string): boolean {
  const address = parseAddress(value);
  const network = parseNetwork(block);
  return address !== null && network !== null && inNetwork(network, address);
}

function inRange(value: string, start: string, end: string): boolean {
  const [address, low, high] = [value, start, end].map((text) => parseAddress(text));
  if (address) {
    if (!low || !high || isV4(low) !== isV4(address) || isV4(high) !== isV4(address)) return false;
    return compareAddresses(low, address) <= 0 && compareAddresses(address, high) <= 0;
  }
  const [number, least, most] = [value, start, end].map(parseDecimal);
  if (number && least && most) {
    return compareDecimals(least, number) <= 0 && compareDecimals(number, most) <= 0;
  }
  return start <= value && value <= end;
}
