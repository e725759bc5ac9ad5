/** SRC_IP rows: addresses in canonical form, as the address of a client is written, and CIDR blocks. */
import {
  type Address,
  compareAddresses,
  formatAddress,
  isV4,
  parseAddress,
  parseNetwork,
} from "../../lib/ip.ts";
import type { Row } from "../../table/match.ts";
import { type CheckedRow, never, quote, type RowFault } from "./checked-row.ts";

/** EQ and IN take CIDR blocks beside addresses, and compare addresses, not their spelling. */
export function addressRows(row: CheckedRow): readonly Row[] | RowFault {
  switch (row.op) {
    case "CIDR":
      return parseNetwork(row.value) === null
        ? { fault: `expected a block such as 10.0.0.0/8, found ${quote(row.value)}` }
        : [{ op: "CIDR", value: row.value }];
    case "EQ":
      return [addressRow(row.value)];
    case "IN": {
      const rows = row.values.map(addressRow);
      const single = rows.flatMap((each) => each.op === "EQ" ? [each.value] : []);
      const others = rows.filter((each) => each.op !== "EQ");
      return single.length === 0 ? others : [{ op: "IN", values: single }, ...others];
    }
    case "RANGE":
      return [rangeRow(row.start, row.end)];
    default:
      return [row]; // text tests of the canonical form
  }
}

function addressRow(value: string): Row {
  if (value.includes("/")) {
    return parseNetwork(value) === null ? never(`${quote(value)} is no CIDR block`) : { op: "CIDR", value };
  }
  const address = parseAddress(value);
  return address === null
    ? never(`${quote(value)} is no IP address`)
    : { op: "EQ", value: formatAddress(address) };
}

function rangeRow(start: string, end: string): Row {
  const from = parseAddress(start);
  const to = parseAddress(end);
  if (from === null) return never(`${quote(start)} is no IP address`);
  if (to === null) return never(`${quote(end)} is no IP address`);
  const reason = rangeFault(from, to);
  return reason === null
    ? { op: "RANGE", start: formatAddress(from), end: formatAddress(to) }
    : never(`${start} to ${end} holds no address: ${reason}`);
}

function rangeFault(from: Address, to: Address): string | null {
  if (isV4(from) !== isV4(to)) return "one bound is IPv4, the other IPv6";
  return compareAddresses(from, to) > 0 ? "the first is above the second" : null;
}
