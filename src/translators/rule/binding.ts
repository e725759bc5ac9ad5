/** Which Rules belong to which Frontend. */
import { eachOf, type Steps } from "../../lib/steps.ts";
import type { Rule } from "../../resources/rule.ts";
import { objectKey } from "../../resources/snapshot.ts";
import { labelNames } from "../shared/labels.ts";
import type { Context } from "../types.ts";
import { isOwned } from "./frontends.ts";

/**
 * Rules by the key of the Frontend that their label names, in their own namespace. Those without one, or whose
 * Frontend is not there, are reported.
 */
export function* rulesByFrontend(context: Context): Steps<ReadonlyMap<string, readonly Rule[]>> {
  const label = labelNames(context.options.labelDomain).frontend;
  const byFrontend = new Map<string, Rule[]>();
  yield* eachOf(context.snapshot.all("Rule").values(), (rule) => {
    if (!isOwned(rule, context)) return;
    const { namespace, labels } = rule.metadata;
    const name = labels[label];
    const key = objectKey(namespace, name ?? "");
    const bound = byFrontend.get(key);
    if (bound !== undefined) bound.push(rule);
    else if (context.snapshot.all("Frontend").has(key)) byFrontend.set(key, [rule]);
    else reportOrphan(rule, name, label, context);
  });
  return byFrontend;
}

function reportOrphan(rule: Rule, frontend: string | undefined, label: string, { report }: Context): void {
  report(rule, {
    code: "NoSuchOwner",
    field: `metadata.labels["${label}"]`,
    reason: frontend === undefined
      ? `it is not served, because the label ${label} that names its Frontend is missing`
      : `it is not served, because its namespace has no Frontend ${JSON.stringify(frontend)}`,
    severity: "warning",
  });
}
