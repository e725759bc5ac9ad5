/**
 * Settings that are understood and accepted, but whose filters do not exist yet. Whoever builds one adds its file to
 * this folder and deletes its line here.
 */
import type { Alb2 } from "../../../resources/alb2.ts";
import type { Frontend } from "../../../resources/frontend.ts";
import type { Rule } from "../../../resources/rule.ts";
import type { Protocol } from "../../../table/table.ts";
import type { Context } from "../../types.ts";

interface Unbuilt<T> {
  readonly field: string;
  /** For people, in front of "is not supported yet". */
  readonly what: string;
  isAsked(object: T): boolean;
}

type Configured = Rule | Frontend | Alb2;

const LAYERED: readonly Unbuilt<Configured>[] = [
  { field: "spec.config.otel", what: "tracing", isAsked: ({ spec }) => spec.config?.otel?.enable === true },
  {
    field: "spec.config.modsecurity",
    what: "WAF",
    isAsked: ({ spec }) => spec.config?.modsecurity?.enable === true,
  },
];

/** What listeners exist for; Frontends of other protocols are in the table, and nobody listens. */
const SERVED_PROTOCOLS: ReadonlySet<Protocol> = new Set(["http"]);

/** Reports a Frontend on whose port nobody listens yet. */
export function reportUnservedProtocol(frontend: Frontend, protocol: Protocol, { report }: Context): void {
  if (SERVED_PROTOCOLS.has(protocol)) return;
  const reason = `protocol "${protocol}" is not served yet`;
  report(frontend, { code: "Unsupported", field: "spec.protocol", reason });
}

/** A function that reports what a served Rule, Frontend or ALB2 asks for in vain. */
export function createUnbuiltReporter({ report }: Context): (object: Configured) => void {
  function reportAll<T extends Configured>(object: T, list: readonly Unbuilt<T>[]): void {
    for (const { field, what, isAsked } of list) {
      if (!isAsked(object)) continue;
      report(object, {
        code: "Unsupported",
        field,
        reason: `${what} is not supported yet`,
        severity: "warning",
      });
    }
  }

  return function reportUnbuilt(object) {
    reportAll(object, LAYERED);
  };
}
