/** `Rule.spec.dslx` compiled into the table's {@link Match} (data-plane spec 1 and 10.1). */
import type { DslxTerm } from "../../resources/rule.ts";
import type { Match, Row, Subject, Term } from "../../table/match.ts";
import { quote, type WildcardLabels } from "./checked-row.ts";
import { rowsOf } from "./rows.ts";

/** Something wrong with a dslx, at a path such as `spec.dslx[0].values[1]`. */
export interface DslxFault {
  readonly field: string;
  readonly reason: string;
}

export type CompiledDslx =
  /** `warnings` name the rows that can never be true. */
  | { readonly ok: true; readonly match: Match; readonly warnings: readonly DslxFault[] }
  /** The rule must not be installed. */
  | { readonly ok: false; readonly faults: readonly DslxFault[] };

/**
 * Compiles a dslx. Terms without rows are dropped, as ALB does; when none is left, the rule never matches. Everything
 * that cannot be understood refuses the whole rule: to match without it would let through what it was to keep out.
 */
export function compileDslx(dslx: readonly DslxTerm[], labels: WildcardLabels): CompiledDslx {
  const found: Findings = { faults: [], warnings: [] };
  const terms = dslx.map((term, index) => compileTerm(term, `spec.dslx[${index}]`, labels, found))
    .filter((term) => term !== undefined);
  if (found.faults.length > 0) return { ok: false, faults: found.faults };
  return { ok: true, match: terms.length === 0 ? null : terms, warnings: found.warnings };
}

interface Findings {
  readonly faults: DslxFault[];
  readonly warnings: DslxFault[];
}

/** Undefined when it is dropped or refused. */
function compileTerm(
  term: DslxTerm,
  field: string,
  labels: WildcardLabels,
  { faults, warnings }: Findings,
): Term | undefined {
  const subject = subjectOf(term);
  if ("fault" in subject) {
    faults.push({ field: `${field}.${subject.fault}`, reason: subject.reason });
    return undefined;
  }
  if (term.values.length === 0) {
    if (MUST_HAVE_ROWS.has(subject.type)) {
      faults.push({ field: `${field}.values`, reason: `expected at least one row for ${subject.type}` });
    }
    return undefined;
  }
  const rows: Row[] = [];
  term.values.forEach((written, index) => {
    const compiled = rowsOf(subject.type, written, labels);
    if ("fault" in compiled) {
      faults.push({ field: `${field}.values[${index}]`, reason: compiled.fault });
      return;
    }
    for (const row of compiled) {
      rows.push(row);
      if (row.op !== "NEVER") continue;
      warnings.push({ field: `${field}.values[${index}]`, reason: `this never matches: ${row.reason}` });
    }
  });
  return { subject, rows };
}

/** Without them ALB's controller stopped for everybody; there is no meaning to fall back to. */
const MUST_HAVE_ROWS: ReadonlySet<Subject["type"]> = new Set(["HOST", "URL"]);

type SubjectFault = { readonly fault: "type" | "key"; readonly reason: string };

function subjectOf({ type, key }: DslxTerm): Subject | SubjectFault {
  switch (type) {
    case "METHOD":
    case "URL":
    case "HOST":
    case "SRC_IP":
      return { type }; // a key means nothing here and is ignored
    case "HEADER":
      // Field names have no case, and `-` and `_` are one character to everybody who reads them from a CGI variable.
      return keyed(type, key.toLowerCase().replaceAll("_", "-"));
    case "COOKIE":
      return keyed(type, key.toLowerCase());
    case "PARAM":
      return keyed(type, key);
    default:
      return {
        fault: "type",
        reason: `unknown matcher ${quote(type)}; expected METHOD, URL, HOST, SRC_IP, HEADER, PARAM or COOKIE`,
      };
  }
}

function keyed(type: "HEADER" | "PARAM" | "COOKIE", key: string): Subject | SubjectFault {
  return key === ""
    ? { fault: "key", reason: `expected the name to look up: ${type} needs a key` }
    : { type, key };
}
