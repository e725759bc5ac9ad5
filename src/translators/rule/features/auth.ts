/** `spec.config.auth` (data-plane spec 4.1): the nearest of rule, Frontend and ALB2 that has the object decides, as a whole. */
import type { Alb2 } from "../../../resources/alb2.ts";
import type { Frontend } from "../../../resources/frontend.ts";
import type { Rule } from "../../../resources/rule.ts";
import type { AuthConfig } from "../../../resources/shared-config.ts";
import type { Filter } from "../../../table/filters.ts";
import { basicAuthOf } from "../../shared/auth/basic.ts";
import type { AuthFault } from "../../shared/auth/fault.ts";
import { forwardAuthOf } from "../../shared/auth/forward.ts";
import { lookupFor } from "../../shared/lookup.ts";
import { labelNames } from "../../shared/labels.ts";
import type { Context } from "../../types.ts";
import type { FeatureResult, RouteLayers } from "./feature.ts";

type Configured = Rule | Frontend | Alb2;

const FIELD = "spec.config.auth";

export function auth({ rule, frontend, alb }: RouteLayers, context: Context): FeatureResult {
  if (rule !== undefined && isSwitchedOff(rule, context)) return {};
  const owner = [rule, frontend, alb].find((each) => each?.spec.config?.auth !== undefined);
  const config = owner?.spec.config?.auth;
  if (owner === undefined || config === undefined || config.enable === false) return {};
  return { filters: filtersOf(owner, config, context) };
}

const NGINX_ANNOTATION = "nginx.ingress.kubernetes.io/";

/**
 * Annotation `auth-enable: "false"` on a Rule: no authentication, whatever is configured farther out. Of several prefixes
 * the most particular decides, as on an Ingress (data-plane spec 3.0).
 */
export function isSwitchedOff({ metadata: { annotations } }: Rule, { options }: Context): boolean {
  const { ruleAnnotation, ingressAnnotation } = labelNames(options.labelDomain);
  const given = [ruleAnnotation, ingressAnnotation, NGINX_ANNOTATION]
    .map((prefix) => annotations[`${prefix}auth-enable`])
    .find((value) => value !== undefined);
  return given?.trim().toLowerCase() === "false";
}

/** Many routes inherit from one object: it is read once a translation, and so its faults are reported once. */
const READ = new WeakMap<Context, Map<Configured, readonly Filter[]>>();

function filtersOf(owner: Configured, config: AuthConfig, context: Context): readonly Filter[] {
  let known = READ.get(context);
  if (known === undefined) READ.set(context, known = new Map());
  let filters = known.get(owner);
  if (filters === undefined) known.set(owner, filters = readFilters(owner, config, context));
  return filters;
}

/** Forward runs before basic. An empty object demands nothing: it is how a rule opts out of what it would inherit. */
function readFilters(owner: Configured, config: AuthConfig, context: Context): readonly Filter[] {
  const { namespace } = owner.metadata;
  const filters: Filter[] = [];
  const faults: AuthFault[] = [];
  const lookup = lookupFor(owner, context);
  if (config.forward !== undefined) {
    const result = forwardAuthOf(config.forward, namespace, allowedNetworks(context), lookup);
    filters.push(result.filter);
    faults.push(...result.faults);
  }
  if (config.basic !== undefined) {
    const result = basicAuthOf(config.basic, namespace, lookup);
    if (result.filter !== undefined) filters.push(result.filter);
    faults.push(...result.faults);
  }
  for (const { object, answer: _, ...finding } of faults) {
    if (object === undefined) context.report(owner, { ...finding, field: `${FIELD}.${finding.field}` });
    else context.report(object, finding);
  }
  const answer = faults.find((fault) => fault.answer !== undefined)?.answer;
  return answer === undefined ? filters : [{ type: "auth-refusal", ...answer }];
}

function allowedNetworks({ owner: { alb } }: Context): readonly string[] {
  return alb?.spec.config?.authAllowedNetworks ?? [];
}
