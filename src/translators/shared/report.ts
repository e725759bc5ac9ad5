/** Turns findings of the translators into problems that name object, place and field. */
import type { ObjectRef, Problem } from "../../errors.ts";
import type { Snapshot } from "../../resources/snapshot.ts";
import type { Report } from "../types.ts";

/** A report that appends to `problems`. What many objects find wrong with one Secret or ConfigMap is told once. */
export function createReport(snapshot: Snapshot, problems: Problem[]): Report {
  const told = new Set<string>();
  return function report(object, { code, field, reason, severity = "error" }) {
    if (SHARED.has(object.kind)) {
      const { namespace, name } = "metadata" in object ? object.metadata : object;
      const key = JSON.stringify([object.kind, namespace, name, severity, code, field, reason]);
      if (told.size === told.add(key).size) return;
    }
    const ref: ObjectRef = "metadata" in object ? snapshot.refer(object, field) : object;
    problems.push({ severity, code, object: ref, field, reason });
  };
}

const SHARED: ReadonlySet<string> = new Set(["Secret", "ConfigMap"]);
