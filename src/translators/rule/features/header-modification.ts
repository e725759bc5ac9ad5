/** Annotations `alb.rule.<domain>/rewrite-request` and `…/rewrite-response` (data-plane spec 3.5). */
import { headerEditFault } from "../../../lib/header-edits.ts";
import { readVariableName } from "../../../lib/variable-names.ts";
import {
  type Parsed,
  parseRequestModification,
  parseResponseModification,
} from "../../../resources/header-modification.ts";
import type { Rule } from "../../../resources/rule.ts";
import { labelNames } from "../../shared/labels.ts";
import type { Context } from "../../types.ts";
import type { FeatureResult, RouteLayers } from "./feature.ts";

/** What is wrong is reported and ignored, as ALB does: the route is there without it. */
export function headerModification({ rule }: RouteLayers, context: Context): FeatureResult {
  if (rule === undefined) return {};
  const request = read(rule, "rewrite-request", parseRequestModification, context);
  const response = read(rule, "rewrite-response", parseResponseModification, context);
  return {
    filters: [
      ...(request === undefined ? [] : [{
        type: "request-headers" as const,
        set: request.headers,
        setFrom: request.headers_var,
        remove: request.headers_remove,
        add: request.headers_add,
        addFrom: request.headers_add_var,
      }]),
      ...(response === undefined ? [] : [{
        type: "response-headers" as const,
        set: response.headers,
        remove: response.headers_remove,
        add: response.headers_add,
      }]),
    ],
  };
}

/** Undefined when the annotation is absent, wrong, or asks for nothing. */
function read<T extends object>(
  rule: Rule,
  name: string,
  parse: (text: string) => Parsed<T>,
  { options, report }: Context,
): T | undefined {
  const annotation = labelNames(options.labelDomain).ruleAnnotation + name;
  const text = rule.metadata.annotations[annotation];
  if (text === undefined) return undefined;
  const parsed = parse(text);
  if (parsed.ok) {
    for (const reason of faultsOf(parsed.value)) {
      report(rule, {
        code: "InvalidAction",
        field: `metadata.annotations["${annotation}"]`,
        reason,
        severity: "warning",
      });
    }
    return Object.values(parsed.value).some((part) => Object.keys(part).length > 0)
      ? parsed.value
      : undefined;
  }
  report(rule, {
    code: "InvalidAction",
    field: `metadata.annotations["${annotation}"]`,
    reason: `${parsed.reason}; no header is modified`,
  });
  return undefined;
}

/** Which entries will have no effect, and why; the others have theirs. */
function faultsOf(modification: object): string[] {
  return Object.entries(modification).flatMap(([part, entries]: [string, Entries]) => {
    const names = Array.isArray(entries) ? entries : Object.keys(entries);
    const variables = part.endsWith("_var") ? Object.values(entries).flat() : [];
    return [
      ...names.flatMap((name) => {
        const fault = headerEditFault(name);
        return fault === undefined ? [] : [`${part}: ${JSON.stringify(name)} ${fault}; it is ignored`];
      }),
      ...variables.filter((name) => readVariableName(name) === undefined).map((name) =>
        `${part}: no variable is called ${JSON.stringify(name)}; the header is left alone`
      ),
    ];
  });
}

type Entries = readonly string[] | Readonly<Record<string, string | readonly string[]>>;
