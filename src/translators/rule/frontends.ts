/** Which Frontends are served, and as what: one per port (control-plane spec 1.3). */
import type { Frontend } from "../../resources/frontend.ts";
import type { Rule } from "../../resources/rule.ts";
import { objectKey } from "../../resources/snapshot.ts";
import { compareText } from "../../table/precedence.ts";
import type { Protocol } from "../../table/table.ts";
import { labelNames } from "../shared/labels.ts";
import type { Context } from "../types.ts";

export interface ServedFrontend {
  readonly frontend: Frontend;
  /** Of its listener: `<protocol family>/<port>`. */
  readonly id: string;
  readonly protocol: Protocol;
  /** As in the names of backend groups: what the Frontend says, in lower case. */
  readonly protocolName: string;
}

const PROTOCOLS: ReadonlySet<string> = new Set<Protocol>(["http", "https", "grpc", "grpcs", "tcp", "udp"]);

/** Keyed by {@link objectKey}, in the order of ports. Frontends that cannot be served are reported. */
export function servedFrontends(context: Context): ReadonlyMap<string, ServedFrontend> {
  const byId = new Map<string, ServedFrontend>();
  const owned = [...context.snapshot.all("Frontend").values()].filter((each) => isOwned(each, context));
  for (const frontend of owned.sort(byAge)) {
    const served = describe(frontend, context);
    if (served === undefined) continue;
    const winner = byId.get(served.id)?.frontend.metadata;
    if (winner === undefined) {
      byId.set(served.id, served);
      continue;
    }
    context.report(frontend, {
      code: "ListenerConflict",
      field: "spec.port",
      reason:
        `port ${frontend.spec.port} is served by Frontend ${objectKey(winner.namespace, winner.name)}; ` +
        "of two the older one wins, then the first by name",
    });
  }
  const served = [...byId.values()].sort((a, b) =>
    a.frontend.spec.port - b.frontend.spec.port || compareText(a.id, b.id)
  );
  return new Map(served.map((each) => [keyOf(each.frontend), each]));
}

export function keyOf({ metadata }: Frontend): string {
  return objectKey(metadata.namespace, metadata.name);
}

/**
 * Whether the gateway owns an object: by its namespace and label, or because it owns everything. One that names no
 * ALB2 at all is reported, one of another gateway is not.
 */
export function isOwned(object: Frontend | Rule, { snapshot, options, owner, report }: Context): boolean {
  if (owner.alb === undefined) return true;
  const { namespace, labels } = object.metadata;
  const label = labelNames(options.labelDomain).alb;
  const name = labels[label];
  if (namespace === owner.namespace && name === owner.name) return true;
  const field = `metadata.labels["${label}"]`;
  if (name === undefined) {
    const reason = `it is not served, because the label ${label} that names its ALB2 is missing`;
    report(object, { code: "NoSuchOwner", field, reason, severity: "warning" });
  } else if (snapshot.get("ALB2", namespace, name) === undefined) {
    const reason = `it is not served, because its namespace has no ALB2 ${JSON.stringify(name)}`;
    report(object, { code: "NoSuchOwner", field, reason, severity: "warning" });
  }
  return false;
}

/** The oldest first; objects without a time, as in files, are younger than those with one, and ordered by name. */
function byAge(a: Frontend, b: Frontend): number {
  return compareText(a.metadata.creationTimestamp ?? "~", b.metadata.creationTimestamp ?? "~") ||
    compareText(a.metadata.namespace, b.metadata.namespace) ||
    compareText(a.metadata.name, b.metadata.name);
}

/** Undefined, and reported, when the protocol is unknown. */
function describe(frontend: Frontend, { report }: Context): ServedFrontend | undefined {
  const { port, protocol: given = "", certificate_name = "" } = frontend.spec;
  const protocolName = given.toLowerCase();
  if (!isProtocol(protocolName)) {
    report(frontend, {
      code: "UnknownProtocol",
      field: "spec.protocol",
      reason: `expected http, https, grpc, grpcs, tcp or udp, found ${
        JSON.stringify(given)
      }; it is not served`,
    });
    return undefined;
  }
  const family = protocolName === "udp" ? "udp" : "tcp";
  // ALB has no name of its own for gRPC over TLS: there the certificate makes the difference.
  const protocol = protocolName === "grpc" && certificate_name !== "" ? "grpcs" : protocolName;
  return { frontend, id: `${family}/${port}`, protocol, protocolName };
}

function isProtocol(name: string): name is Protocol {
  return PROTOCOLS.has(name);
}
