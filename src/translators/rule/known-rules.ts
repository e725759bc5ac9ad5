/**
 * Routes of rules that are the same objects as in a translation before, under the same Frontend and ALB2: thousands of
 * them need not be planned again because one has changed. Only what depends on nothing else is remembered, and only
 * where nothing was to be reported, so that the same snapshot gives the same translation, remembered or not.
 */
import type { Alb2 } from "../../resources/alb2.ts";
import type { Frontend } from "../../resources/frontend.ts";
import type { Rule } from "../../resources/rule.ts";
import type { Context, Report, TranslateOptions } from "../types.ts";
import type { ServedFrontend } from "./frontends.ts";
import type { PlannedRoute } from "./routes.ts";

/** Plans the route of a rule; undefined when it is not installed. */
export type PlanRule = (rule: Rule, served: ServedFrontend, context: Context) => PlannedRoute | undefined;

interface Known {
  readonly frontend: Frontend;
  readonly alb: Alb2 | undefined;
  readonly options: TranslateOptions;
  readonly planned: PlannedRoute | undefined;
}

/** Forgets with the rule. */
const KNOWN = new WeakMap<Rule, Known>();

export interface KnownRules {
  /** To be used for all routes of the translation, those of Frontends included. */
  readonly context: Context;
  readonly plan: (rule: Rule, served: ServedFrontend) => PlannedRoute | undefined;
}

/** For one translation. */
export function createKnownRules(context: Context, planRule: PlanRule): KnownRules {
  const { owner: { alb }, options, snapshot } = context;
  let isReported = false;
  const report: Report = (object, finding) => {
    isReported = true;
    context.report(object, finding);
  };
  const watched: Context = { ...context, report };
  return {
    context: watched,
    plan(rule, served) {
      const { frontend } = served;
      const known = KNOWN.get(rule);
      const isKnown = known !== undefined && known.frontend === frontend && known.alb === alb &&
        known.options === options;
      if (isKnown) return known.planned;
      isReported = false;
      const planned = planRule(rule, served, watched);
      const isPlain = ![rule, frontend, alb].some((layer) =>
        layer !== undefined && (namesOthers(layer) || snapshot.refusals(layer).length > 0)
      );
      if (isPlain && !isReported) KNOWN.set(rule, { frontend, alb, options, planned });
      return planned;
    },
  };
}

/**
 * Whether a route depends on Secrets or ConfigMaps because of this object. These settings are also the only ones of a
 * Frontend or an ALB2 in which rules find faults, which the first rule reports for all: no rule that has them is known.
 */
function namesOthers({ spec }: Rule | Frontend | Alb2): boolean {
  return spec.config?.auth !== undefined || spec.config?.upstreamTLS !== undefined;
}
