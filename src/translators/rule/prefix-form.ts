/**
 * The prefix form of a dslx and the numbers that order rules by it (data-plane spec 1.4 and 2). The form is computed
 * from the dslx as it was written: what the matcher runs is the compiled {@link Match}, this only decides who is asked
 * first, exactly as ALB does.
 */
import type { DslxTerm } from "../../resources/rule.ts";

/** `["AND", …]`, `["OR", …]`, `[OPERATOR, TYPE, key?, …arguments]`, or a list that wraps a single one of them. */
export type PrefixForm = readonly (string | PrefixForm)[];

/** Null when nothing is left to match by: such a rule never matches. */
export function prefixForm(dslx: readonly DslxTerm[]): PrefixForm | null {
  const terms = dslx.filter((term) => term.values.length > 0).map(termForm);
  if (terms.length === 0) return null;
  // Terms without rows are dropped, but still make it an AND.
  return dslx.length === 1 ? terms : ["AND", ...terms];
}

function termForm(term: DslxTerm): PrefixForm {
  const rows = term.values.map(([operator = "", ...args]) => [
    operator,
    term.type,
    // Whatever the type: a stray key counts as an argument here, though it means nothing to the match.
    ...(term.key === "" ? [] : [term.key]),
    ...args,
  ]);
  return rows.length === 1 ? rows[0]! : ["OR", ...rows];
}

/** Bytes of the form as the compact JSON that ALB's encoder writes; 0 for null. */
export function prefixFormLength(form: PrefixForm | null): number {
  return form === null ? 0 : utf8Length(JSON.stringify(form).replace(ESCAPED_BY_ALB, "\\u0000"));
}

/** Characters that ALB's encoder writes as six bytes, such as `\u003c`, and `JSON.stringify` as they are. */
const ESCAPED_BY_ALB = /[<>&\u2028\u2029]/g;

/**
 * How specific a dslx is: the sum over its terms. Fixed by what ALB's users rely on, not by what would be a good
 * measure; rows that can never be true count like any other.
 */
export function complexity(dslx: readonly DslxTerm[]): number {
  return dslx.reduce((sum, term) => sum + termComplexity(term), 0);
}

function termComplexity({ type, values }: DslxTerm): number {
  if (type === "HOST") return HOST_POINTS.get(values[0]?.[0] ?? "") ?? 0;
  if (type === "URL") return values.reduce((sum, [operator, arg = ""]) => sum + urlPoints(operator, arg), 0);
  return 100 * values.length;
}

/** By the operator of the first row alone. */
const HOST_POINTS: ReadonlyMap<string, number> = new Map([["EQ", 50_000], ["IN", 50_000], [
  "ENDS_WITH",
  10_000,
]]);

function urlPoints(operator: string | undefined, arg: string): number {
  if (operator === "EQ") return 2000;
  if (operator === "STARTS_WITH") return 1000 + utf8Length(arg) + 2;
  if (operator === "REGEX") return 1000 + utf8Length(arg);
  return 0;
}

const encoder = new TextEncoder();
const BEYOND_ASCII = /[\x80-\uffff]/;

function utf8Length(text: string): number {
  return BEYOND_ASCII.test(text) ? encoder.encode(text).length : text.length;
}
