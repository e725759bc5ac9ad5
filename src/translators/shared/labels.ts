/** Labels and annotations by which objects are bound to each other (control-plane spec 1.7). */

export interface LabelNames {
  /** On Frontends and Rules: name of their ALB2. */
  readonly alb: string;
  /** On Rules: name of their Frontend. */
  readonly frontend: string;
  /** Prefix of the annotations of Rules. */
  readonly ruleAnnotation: string;
  /** Prefix of ALB's annotations of Ingresses, some of which Rules may have too. */
  readonly ingressAnnotation: string;
}

/** @param domain the configurable base domain, `cpaas.io` unless told otherwise */
export function labelNames(domain: string): LabelNames {
  return {
    alb: `alb2.${domain}/name`,
    frontend: `alb2.${domain}/frontend`,
    ruleAnnotation: `alb.rule.${domain}/`,
    ingressAnnotation: `alb.ingress.${domain}/`,
  };
}
