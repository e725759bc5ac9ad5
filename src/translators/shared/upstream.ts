/** Upstreams: what they are made from, and how their endpoints are resolved (data-plane spec 3.9). */
import type { Frontend } from "../../resources/frontend.ts";
import type { Rule } from "../../resources/rule.ts";
import type { ServiceGroup } from "../../resources/shared-config.ts";
import { compareText } from "../../table/precedence.ts";
import type { Endpoint, Upstream } from "../../table/table.ts";
import type { ServiceDirectory, ServiceRef } from "./services.ts";
import { clampWeight, endpointWeight } from "./weights.ts";

/** An upstream without its endpoints, which change more often than the rest. */
export interface UpstreamPlan {
  readonly upstream: Omit<Upstream, "endpoints">;
  /** Whose `spec.serviceGroup` it is. */
  readonly object: Rule | Frontend;
  readonly services: readonly WeightedService[];
}

export interface WeightedService extends ServiceRef {
  /** Clamped. */
  readonly weight: number;
}

/** A reference that leads nowhere. */
export interface UpstreamFault {
  readonly field: string;
  readonly reason: string;
}

export interface ResolvedEndpoints {
  readonly endpoints: readonly Endpoint[];
  readonly faults: readonly UpstreamFault[];
}

/** The Services of a group; those without namespace are in the one of the object that names them. */
export function servicesOf(
  group: ServiceGroup | undefined,
  namespace: string,
  protocol: ServiceRef["protocol"],
): readonly WeightedService[] {
  return (group?.services ?? []).map((service) => ({
    namespace: service.namespace || namespace,
    name: service.name,
    port: service.port,
    protocol,
    weight: clampWeight(service.weight),
  }));
}

/** Resolves groups of Services; equal groups, which many rules of one application have, share one answer. */
export function createEndpointResolver(
  directory: ServiceDirectory,
): (services: readonly WeightedService[]) => ResolvedEndpoints {
  const known = new Map<string, ResolvedEndpoints>();
  return function resolve(services) {
    const key = services.map((ref) =>
      `${ref.namespace}/${ref.name}:${ref.port}/${ref.protocol}*${ref.weight}`
    )
      .join(" ");
    let resolved = known.get(key);
    if (resolved === undefined) {
      resolved = resolveGroup(services, directory);
      known.set(key, resolved);
    }
    return resolved;
  };
}

function resolveGroup(services: readonly WeightedService[], directory: ServiceDirectory): ResolvedEndpoints {
  const total = services.reduce((sum, { weight }) => sum + weight, 0);
  const byAddress = new Map<string, Endpoint>();
  const faults: UpstreamFault[] = [];
  services.forEach((ref, index) => {
    const { addresses, faults: found } = directory(ref);
    for (const { part, reason } of found) {
      faults.push({ field: `spec.serviceGroup.services[${index}].${part}`, reason });
    }
    const weight = endpointWeight(ref.weight, total, addresses.length);
    for (const { address, port } of addresses) {
      const key = `${address}-${port}`;
      const known = byAddress.get(key);
      // Behind two Services of the group, it gets what both give it.
      byAddress.set(
        key,
        known === undefined
          ? { address, port, weight, service: { namespace: ref.namespace, name: ref.name } }
          : { ...known, weight: known.weight + weight },
      );
    }
  });
  // Sorted, so that the order in which slices were read changes nothing.
  const endpoints = [...byAddress].sort(([a], [b]) => compareText(a, b)).map(([, endpoint]) => endpoint);
  return { endpoints, faults };
}
