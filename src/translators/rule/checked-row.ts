/** What the compilers of rows have in common. */
import type { Row } from "../../table/match.ts";

/** How many labels the `*` of a host stands for: `one` in compatibility mode `alb`, `any` in `standard`. */
export type WildcardLabels = "one" | "any";

/** A row with a known operator and the right number of arguments. */
export type CheckedRow =
  | TextRow
  | { readonly op: "CIDR"; readonly value: string };

/** What any text can be compared with. */
export type TextRow =
  | { readonly op: "EQ" | "STARTS_WITH" | "ENDS_WITH" | "REGEX"; readonly value: string }
  | { readonly op: "IN"; readonly values: readonly string[] }
  | { readonly op: "RANGE"; readonly start: string; readonly end: string }
  | { readonly op: "EXIST" };

/** Refuses the whole rule. */
export interface RowFault {
  readonly fault: string;
}

/** A row that is always false; `reason` is for whoever wrote it. */
export function never(reason: string): Row {
  return { op: "NEVER", reason };
}

/** `text` as messages show values of users. */
export function quote(text: string): string {
  return JSON.stringify(text);
}
