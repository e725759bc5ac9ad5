/** Rows of a dslx term, `[OPERATOR, argument…]`, compiled by what they are compared with (data-plane spec 1.3). */
import { compileRegex } from "../../lib/regex/mod.ts";
import type { Row, Subject } from "../../table/match.ts";
import { addressRows } from "./address-rows.ts";
import { type CheckedRow, never, quote, type RowFault, type WildcardLabels } from "./checked-row.ts";
import { hostRows } from "./host-rows.ts";

/** Compiles one row; the result is an OR, and never empty. */
export function rowsOf(
  type: Subject["type"],
  [op, ...args]: readonly string[],
  labels: WildcardLabels,
): readonly Row[] | RowFault {
  if (op === undefined) return { fault: "expected [OPERATOR, argument…], found an empty row" };
  const operator = OPERATORS.get(op);
  if (operator === undefined) {
    return { fault: `unknown operator ${quote(op)}; expected ${[...OPERATORS.keys()].join(", ")}` };
  }
  const row = operator.read(args);
  // ALB takes such a row for false and says nothing; the other rows of the term still count.
  if (row === undefined) return [never(`${op} takes ${operator.takes}, found ${args.length}`)];
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
  /** Undefined when there are too many arguments or too few. */
  read(args: readonly string[]): CheckedRow | undefined;
}

function comparison(op: "EQ" | "STARTS_WITH" | "ENDS_WITH" | "REGEX" | "CIDR"): Operator {
  return {
    takes: "one argument",
    read: ([value, ...more]) => value === undefined || more.length > 0 ? undefined : { op, value },
  };
}

/** A map, not an object: operators are what tenants write, `constructor` for one. */
const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ["EQ", comparison("EQ")],
  ["IN", {
    takes: "at least one argument",
    read: (values) => values.length === 0 ? undefined : { op: "IN", values },
  }],
  ["STARTS_WITH", comparison("STARTS_WITH")],
  ["ENDS_WITH", comparison("ENDS_WITH")],
  ["REGEX", comparison("REGEX")],
  ["RANGE", {
    takes: "two arguments",
    read: ([start, end, ...more]) =>
      start === undefined || end === undefined || more.length > 0 ? undefined : { op: "RANGE", start, end },
  }],
  ["CIDR", comparison("CIDR")],
  ["EXIST", { takes: "no argument", read: (args) => args.length > 0 ? undefined : { op: "EXIST" } }],
]);
