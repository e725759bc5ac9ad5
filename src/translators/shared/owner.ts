/** Which gateway is translated: one ALB2, or the implicit one when there is none (design: command line). */
import { parseNetwork } from "../../lib/ip.ts";
import type { Alb2 } from "../../resources/alb2.ts";
import type { Snapshot } from "../../resources/snapshot.ts";
import { compareText } from "../../table/precedence.ts";
import type { GatewaySettings } from "../../table/table.ts";
import type { Owner, Report, TranslateOptions } from "../types.ts";
import { listenSettings } from "./listen.ts";

/** Name of the gateway that owns everything when no ALB2 is given. */
const IMPLICIT = { namespace: "default", name: "albatross" } as const;

/** Undefined, and reported, when the ALB2 that was asked for is not there: then nothing is served. */
export function chooseOwner(
  snapshot: Snapshot,
  options: TranslateOptions,
  report: Report,
): Owner | undefined {
  const albs = [...snapshot.all("ALB2").values()].sort(byName);
  const candidates = albs.filter((alb) => isWanted(alb, options.alb));
  const [alb] = candidates;
  if (alb === undefined) {
    if (options.alb === undefined) return { ...IMPLICIT, alb: undefined, mode: "alb" };
    const wanted = { kind: "ALB2", namespace: options.alb.namespace ?? "", name: options.alb.name };
    report(wanted, {
      code: "NoSuchOwner",
      field: "",
      reason: "it was asked for, but there is no such object",
    });
    return undefined;
  }
  if (candidates.length > 1) {
    const others = candidates.slice(1).map(label).join(", ");
    report(alb, {
      code: "NoSuchOwner",
      field: "",
      reason: `it is served because it is the first by name, and ${others} not; choose one with --alb`,
      severity: "warning",
    });
  }
  const { namespace, name } = alb.metadata;
  return { namespace, name, alb, mode: alb.spec.config?.compatibility ?? "alb" };
}

function isWanted({ metadata }: Alb2, wanted: TranslateOptions["alb"]): boolean {
  return wanted === undefined ||
    metadata.name === wanted.name && (wanted.namespace ?? metadata.namespace) === metadata.namespace;
}

function byName(a: Alb2, b: Alb2): number {
  return compareText(a.metadata.namespace, b.metadata.namespace) ||
    compareText(a.metadata.name, b.metadata.name);
}

function label({ metadata }: Alb2): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** Settings of the whole gateway. Blocks of the ALB2 that cannot be read are reported and trust nobody. */
export function gatewaySettings(
  owner: Owner | undefined,
  options: TranslateOptions,
  report: Report,
): GatewaySettings {
  const { namespace = IMPLICIT.namespace, name = IMPLICIT.name } = owner ?? options.alb ?? IMPLICIT;
  const alb = owner?.alb;
  const trusted = new Set(options.trustedProxies);
  alb?.spec.config?.trustedProxies?.forEach((block, index) => {
    if (parseNetwork(block) !== null) {
      trusted.add(block);
      return;
    }
    const field = `spec.config.trustedProxies[${index}]`;
    const reason = `expected an address or a block such as 10.0.0.0/8, found ${JSON.stringify(block)}`;
    report(alb, { code: "InvalidObject", field, reason });
  });
  return {
    name,
    namespace,
    implicit: owner !== undefined && alb === undefined,
    labelDomain: options.labelDomain,
    trustedProxies: [...trusted],
    listen: listenSettings(alb, report),
  };
}
