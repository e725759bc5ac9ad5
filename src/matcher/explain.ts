/** Why a request gets the route that it gets. */
import type { Row, Subject, Term } from "../table/match.ts";
import type { Route } from "../table/table.ts";
import type { MatchStep } from "./mod.ts";
import { termHolds } from "./naive.ts";
import type { RequestView } from "./request-view.ts";
import { readSubject } from "./subject.ts";

/**
 * One step for each route in order, up to and including the one that matches; the last step says whether any did.
 * Uses the plain evaluator, so that it also checks the compiled one.
 */
export function explainRoutes(routes: readonly Route[], request: RequestView): MatchStep[] {
  const steps: MatchStep[] = [];
  for (const route of routes) {
    const failed = route.match?.find((term) => !termHolds(term, request));
    const matched = route.match !== null && failed === undefined;
    steps.push(
      failed === undefined ? { route, matched } : {
        route,
        matched,
        failed: { term: printTerm(failed), saw: readSubject(failed.subject, request) ?? "absent" },
      },
    );
    if (matched) break;
  }
  return steps;
}

/** A term in the words of a rule's `dslx`: `HEADER x-env EQ gray`, rows joined with `or`. */
export function printTerm({ subject, rows }: Term): string {
  return `${printSubject(subject)} ${rows.map(printRow).join(" or ")}`;
}

function printSubject(subject: Subject): string {
  return "key" in subject ? `${subject.type} ${subject.key}` : subject.type;
}

function printRow(row: Row): string {
  switch (row.op) {
    case "WILDCARD":
      return `ENDS_WITH *${row.suffix}${row.labels === "any" ? " (any depth)" : ""}`;
    case "IN":
      return `IN ${row.values.join(" ")}`;
    case "RANGE":
      return `RANGE ${row.start} ${row.end}`;
    case "EXIST":
      return "EXIST";
    case "NEVER":
      return `never (${row.reason})`;
    default:
      return `${row.op} ${row.value}`;
  }
}
