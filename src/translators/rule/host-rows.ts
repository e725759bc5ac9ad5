/** HOST rows, brought into the form in which hosts of requests are compared: see `lib/host.ts`. */
import { normalizeHost } from "../../lib/host.ts";
import { formatAddress, parseAddress } from "../../lib/ip.ts";
import type { Row } from "../../table/match.ts";
import { never, quote, type TextRow, type WildcardLabels } from "./checked-row.ts";

/**
 * ENDS_WITH and the values of IN know wildcards: `*.a.com` and `.a.com` stand for one label before `.a.com` in mode
 * `alb`, for any number of them in mode `standard`. EQ does not: there the text is compared as it is.
 */
export function hostRows(row: TextRow, labels: WildcardLabels): readonly Row[] {
  switch (row.op) {
    case "EQ":
      return [exactRow(row.value)];
    case "IN":
      return inRows(row.values, labels);
    case "ENDS_WITH":
      return [
        isWildcard(row.value) ? wildcardRow(row.value, labels) : { ...row, value: row.value.toLowerCase() },
      ];
    case "STARTS_WITH":
      return [{ ...row, value: row.value.toLowerCase() }];
    case "RANGE":
      return [{ ...row, start: row.start.toLowerCase(), end: row.end.toLowerCase() }];
    case "REGEX": // lower-casing a pattern would turn \W into \w
    case "EXIST":
      return [row];
  }
}

/** The plain names of an IN stay one row, which is looked up in one step; each wildcard becomes a row. */
function inRows(values: readonly string[], labels: WildcardLabels): readonly Row[] {
  const rows = values.map((value) => isWildcard(value) ? wildcardRow(value, labels) : exactRow(value));
  const names = rows.flatMap((row) => row.op === "EQ" ? [row.value] : []);
  const others = rows.filter((row) => row.op !== "EQ");
  return names.length === 0 ? others : [{ op: "IN", values: names }, ...others];
}

function isWildcard(value: string): boolean {
  return value.startsWith("*") || value.startsWith(".");
}

function wildcardRow(value: string, labels: WildcardLabels): Row {
  const suffix = (value.startsWith("*") ? value.slice(1) : value).toLowerCase().replace(/\.$/, "");
  // A letter before the suffix: it need not be a host by itself.
  if (normalizeHost(`x${suffix}`) !== `x${suffix}`) return notAHost(value);
  return { op: "WILDCARD", suffix, labels };
}

function exactRow(value: string): Row {
  // An IPv6 literal may be written with or without brackets.
  const address = value.includes(":") ? parseAddress(value) : null;
  if (address !== null) return { op: "EQ", value: formatAddress(address) };
  const host = value.includes(":") ? null : normalizeHost(value);
  return host === null ? notAHost(value) : { op: "EQ", value: host };
}

function notAHost(value: string): Row {
  const hint = value.includes("*")
    ? "; wildcards such as *.a.com are for ENDS_WITH and IN"
    : value.includes(":")
    ? "; ports are not part of it"
    : "";
  return never(`${quote(value)} cannot be the host of a request${hint}`);
}
