/** Turns findings of the translators into problems that name object, place and field. */
import type { ObjectRef, Problem } from "../../errors.ts";
import type { Snapshot } from "../../resources/snapshot.ts";
import type { Report } from "../types.ts";

/** A report that appends to `problems`. */
export function createReport(snapshot: Snapshot, problems: Problem[]): Report {
  return function report(object, { code, field, reason, severity = "error" }) {
    const ref: ObjectRef = "metadata" in object ? snapshot.refer(object, field) : object;
    problems.push({ severity, code, object: ref, field, reason });
  };
}
