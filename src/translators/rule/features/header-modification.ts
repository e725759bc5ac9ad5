/** Annotations `alb.rule.<domain>/rewrite-request` and `…/rewrite-response` (data-plane spec 3.5). */
import { NEVER_EDITED_ON_REQUESTS, setOnAnswers } from "../../../lib/gateway-fields.ts";
import { fieldKey, headerEditFault } from "../../../lib/field-names.ts";
import { readVariableName } from "../../../lib/variable-names.ts";
import {
  type Parsed,
  parseRequestModification,
  parseResponseModification,
  type RequestModification,
  type ResponseModification,
} from "../../../resources/header-modification.ts";
import type { Rule } from "../../../resources/rule.ts";
import { labelNames } from "../../shared/labels.ts";
import type { Context } from "../../types.ts";
import type { FeatureResult, RouteLayers } from "./feature.ts";

/** One of the two annotations. */
interface Kind<T> {
  /** Of the annotation, behind its prefix. */
  readonly name: string;
  parse(text: string): Parsed<T>;
  /** Names, as `fieldKey` makes them, that the gateway sets whatever is asked for. */
  setByGateway(context: Context): ReadonlySet<string>;
}

const REQUEST: Kind<RequestModification> = {
  name: "rewrite-request",
  parse: parseRequestModification,
  setByGateway: () => NEVER_EDITED_ON_REQUESTS,
};
const RESPONSE: Kind<ResponseModification> = {
  name: "rewrite-response",
  parse: parseResponseModification,
  setByGateway: ({ owner }) => setOnAnswers(owner.mode === "alb"),
};

/** What is wrong is reported and ignored, as ALB does: the route is there without it. */
export function headerModification({ rule }: RouteLayers, context: Context): FeatureResult {
  if (rule === undefined) return {};
  const request = read(rule, REQUEST, context);
  const response = read(rule, RESPONSE, context);
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
  { name, parse, setByGateway }: Kind<T>,
  context: Context,
): T | undefined {
  const { options, report } = context;
  const annotation = labelNames(options.labelDomain).ruleAnnotation + name;
  const text = rule.metadata.annotations[annotation];
  if (text === undefined) return undefined;
  const parsed = parse(text);
  if (parsed.ok) {
    for (const reason of faultsOf(parsed.value, setByGateway(context))) {
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
function faultsOf(modification: object, setByGateway: ReadonlySet<string>): string[] {
  return Object.entries(modification).flatMap(([part, entries]: [string, Entries]) => {
    const names = Array.isArray(entries) ? entries : Object.keys(entries);
    const variables = part.endsWith("_var") ? Object.values(entries).flat() : [];
    return [
      ...names.flatMap((name) => {
        const fault = headerEditFault(name) ??
          (setByGateway.has(fieldKey(name)) ? "is set by the gateway" : undefined);
        return fault === undefined ? [] : [`${part}: ${JSON.stringify(name)} ${fault}; it is ignored`];
      }),
      ...variables.filter((name) => readVariableName(name) === undefined).map((name) =>
        `${part}: no variable is called ${JSON.stringify(name)}; the header is left alone`
      ),
    ];
  });
}

type Entries = readonly string[] | Readonly<Record<string, string | readonly string[]>>;
