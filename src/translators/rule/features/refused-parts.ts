/**
 * Parts of objects that their schema refused: the object serves without them, but the routes that needed them must not
 * pass traffic on as if nothing had been asked for (rulings of the design: a bad object).
 */
import type { Refusal as RefusedPart } from "../../../resources/snapshot.ts";
import type { Context } from "../../types.ts";
import { isSwitchedOff } from "./auth.ts";
import type { FeatureResult, RouteLayers } from "./feature.ts";

/** Whether a route inherits a part of `spec.config` from a farther object that nearer ones have too. */
const INHERITED: ReadonlyMap<string, "unless nearer" | "always"> = new Map([
  ["auth", "unless nearer"],
  ["timeout", "unless nearer"],
  ["upstreamTLS", "unless nearer"],
  ["retry", "unless nearer"],
  ["outlierDetection", "unless nearer"],
  ["otel", "unless nearer"],
  ["modsecurity", "unless nearer"],
  ["middlewares", "always"],
  ["redirect", "always"],
]);

/** It may have demanded authentication, which nobody can tell any more. */
const WHOLE_CONFIG = "spec.config";

/** Parts without which a route does all the same what it is to do. */
const HARMLESS = /^spec\.(certificate_name|domain|source|description|dsl|config\.(keepalive|errorPages))\b/;

export function refusedParts({ rule, frontend, alb }: RouteLayers, context: Context): FeatureResult {
  const { snapshot } = context;
  const nearer: Config[] = [];
  for (const object of [rule, frontend, alb]) {
    if (object === undefined) continue;
    const isOwn = nearer.length === 0;
    const part = snapshot.refusals(object).find((each) =>
      isOwn ? !HARMLESS.test(each.field) : isInherited(each, nearer)
    );
    const refusal = part === undefined ? undefined : refusalOf(part);
    if (refusal !== undefined) return { refusal };
    nearer.push(object.spec.config ?? {});
    // It inherits no authentication, so that of others cannot be missing.
    if (object.kind === "Rule" && isSwitchedOff(object, context)) nearer.push({ auth: {} });
  }
  return {};
}

type Config = Readonly<Record<string, unknown>>;

function isInherited({ field }: RefusedPart, nearer: readonly Config[]): boolean {
  if (field === WHOLE_CONFIG) return true;
  const name = /^spec\.config\.(\w+)/.exec(field)?.[1] ?? "";
  const how = INHERITED.get(name);
  return how === "always" ||
    (how === "unless nearer" && nearer.every((config) => config[name] === undefined));
}

/** Clients learn which part it is, not what is in it. */
function refusalOf({ code, field }: RefusedPart): FeatureResult["refusal"] {
  if (code === "InvalidObject" && field !== WHOLE_CONFIG) return undefined;
  return { status: code === "InvalidAuth" ? 503 : 500, reason: `${field} is invalid` };
}
