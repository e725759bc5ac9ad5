/** Rows of a dslx term, `[OPERATOR, argument…]`, compiled by what they are compared with (data-plane spec 1.3). */
import { compileRegex } from "../../lib/regex/mod.ts";
import type { Row, Subject } from "../../table/match.ts";
import { addressRows } from "./address-rows.ts";
import { type CheckedRow, never, quote, type RowFault, type WildcardLabels } from "./checked-row.ts";
import { hostRows } from "./host-rows.ts";

/** Compiles one row; the result is an OR, and never empty. */
export function rowsOf(
  type: Subject["type"],
  written: readonly string[],
  labels: WildcardLabels,
): readonly Row[] | RowFault {
  const op = written[0];
  if (op === undefined) return { fault: "expected [OPERATOR, argument…], found an empty row" };
  const operator = OPERATORS.get(op);
  if (operator === undefined) {
    return { fault: `unknown operator ${quote(op)}; expected ${[...OPERATORS.keys()].join(", ")}` };
  }
  const row = operator.read(written);
  // ALB takes such a row for false and says nothing; the other rows of the term still count.
  if (row === undefined) return [never(`${op} takes ${operator.takes}, found ${written.length - 1}`)];
  if (row.op === "REGEX") {
    const regex = compileRegex(row.value);
    if (!regex.ok) return { fault: `bad regular expression ${quote(row.value)}: ${regex.reason}` };
  }
  if (type === "SRC_IP") return addressRows(row);
  if (row.op === "CIDR") return { fault: `CIDR is for SRC_IP, not for ${type}` };
  return type === "HOST" ? hostRows(row, labels) : [row];
}

interface Operator {
  /** For people, behind `EQ takes`. */
  readonly takes: string;
  /** From the whole row, operator and all; undefined when there are too many arguments or too few. */
  read(row: readonly string[]): CheckedRow | undefined;
}

function comparison(op: "EQ" | "STARTS_WITH" | "ENDS_WITH" | "REGEX" | "CIDR"): Operator {
  return {
    takes: "one argument",
    read: ({ 1: value, length }) => value === undefined || length > 2 ? undefined : { op, value },
  };
}

/** A map, not an object: operators are what tenants write, `constructor` for one. */
const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ["EQ", comparison("EQ")],
  ["IN", {
    takes: "at least one argument",
    read: (row) => row.length === 1 ? undefined : { op: "IN", values: row.slice(1) },
  }],
  ["STARTS_WITH", comparison("STARTS_WITH")],
  ["ENDS_WITH", comparison("ENDS_WITH")],
  ["REGEX", comparison("REGEX")],
  ["RANGE", {
    takes: "two arguments",
    read: ({ 1: start, 2: end, length }) =>
      start === undefined || end === undefined || length > 3 ? undefined : { op: "RANGE", start, end },
  }],
  ["CIDR", comparison("CIDR")],
  ["EXIST", { takes: "no argument", read: (row) => row.length > 1 ? undefined : { op: "EXIST" } }],
]);
