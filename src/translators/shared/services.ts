/** From a reference to a Service to the addresses behind it (data-plane spec 3.9, control-plane spec 3.5). */
import { formatAddress, parseAddress } from "../../lib/ip.ts";
import { eachOf, type Steps } from "../../lib/steps.ts";
import { type EndpointSlice, SERVICE_NAME_LABEL } from "../../resources/endpoint-slice.ts";
import type { Endpoints } from "../../resources/endpoints.ts";
import type { Service, ServicePort } from "../../resources/service.ts";
import { objectKey, type Snapshot } from "../../resources/snapshot.ts";

export interface ServiceRef {
  readonly namespace: string;
  readonly name: string;
  /** Of the Service, not of its pods. */
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
}

export interface Address {
  /** Canonical: IPv4, or IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
}

export interface ResolvedService {
  /** Without duplicates. */
  readonly addresses: readonly Address[];
  /** Why there are none, or not all that were meant. */
  readonly faults: readonly ServiceFault[];
}

export interface ServiceFault {
  /** The part of the reference that leads nowhere. */
  readonly part: "name" | "port";
  readonly reason: string;
}

/** Looks Services up in one snapshot; answers are remembered. */
export type ServiceDirectory = (ref: ServiceRef) => ResolvedService;

export function* createServiceDirectory(snapshot: Snapshot): Steps<ServiceDirectory> {
  const slices = yield* slicesByService(snapshot);
  const known = new Map<string, ResolvedService>();
  return function resolve(ref) {
    const key = `${objectKey(ref.namespace, ref.name)}:${ref.port}/${ref.protocol}`;
    let resolved = known.get(key);
    if (resolved === undefined) {
      resolved = resolveService(ref, snapshot, slices.get(objectKey(ref.namespace, ref.name)) ?? []);
      known.set(key, resolved);
    }
    return resolved;
  };
}

function* slicesByService(snapshot: Snapshot): Steps<ReadonlyMap<string, readonly EndpointSlice[]>> {
  const byService = new Map<string, EndpointSlice[]>();
  yield* eachOf(snapshot.all("EndpointSlice").values(), (slice) => {
    const service = slice.metadata.labels[SERVICE_NAME_LABEL];
    if (service === undefined) return;
    const key = objectKey(slice.metadata.namespace, service);
    const known = byService.get(key);
    if (known === undefined) byService.set(key, [slice]);
    else known.push(slice);
  });
  return byService;
}

function resolveService(
  ref: ServiceRef,
  snapshot: Snapshot,
  slices: readonly EndpointSlice[],
): ResolvedService {
  const service = snapshot.get("Service", ref.namespace, ref.name);
  const label = `Service ${objectKey(ref.namespace, ref.name)}`;
  if (service === undefined) return nothing("name", `there is no ${label}`);
  if (service.spec.type === "ExternalName") return resolveExternalName(ref, service, snapshot);
  const port = findPort(ref, service);
  if (port === undefined) {
    const ports = service.spec.ports.map((each) => `${each.port}/${each.protocol}`).join(", ") || "none";
    return nothing("port", `${label} has no port ${ref.port}/${ref.protocol}; it has ${ports}`);
  }
  // Endpoints is capped at 1000 addresses and follows EndpointSlice late; it counts where there is nothing else.
  if (slices.length > 0) return fromSlices(ofPrimaryFamily(slices, service), port, label);
  const endpoints = snapshot.get("Endpoints", ref.namespace, ref.name);
  if (endpoints === undefined) return nothing("name", `${label} has neither EndpointSlice nor Endpoints`);
  return fromEndpoints(endpoints, port, label);
}

function nothing(part: ServiceFault["part"], reason: string): ResolvedService {
  return { addresses: [], faults: [{ part, reason }] };
}

/** A headless Service may list no ports: then the number is that of the pods. */
function findPort(ref: ServiceRef, { spec }: Service): ServicePort | undefined {
  const { port, protocol } = ref;
  if (spec.clusterIP === "None" && spec.ports.length === 0) {
    return { name: "", protocol, port, targetPort: port };
  }
  return spec.ports.find((each) => each.port === port && each.protocol === protocol);
}

function resolveExternalName(ref: ServiceRef, { spec }: Service, snapshot: Snapshot): ResolvedService {
  const host = spec.externalName ?? "";
  if (host === "") {
    return nothing("name", `Service ${objectKey(ref.namespace, ref.name)} has no externalName`);
  }
  const texts = parseAddress(host) === null ? snapshot.resolvedNames.get(host) : [host];
  if (texts === undefined) return nothing("name", `${JSON.stringify(host)} has not been resolved yet`);
  return canonical(texts.map((address) => ({ address, port: ref.port })));
}

/** Dual-stack pods have a slice of each family: to list both would count every pod twice. */
function ofPrimaryFamily(slices: readonly EndpointSlice[], { spec }: Service): readonly EndpointSlice[] {
  const primary = slices.filter(({ addressType }) => addressType === spec.ipFamilies[0]);
  return primary.length > 0 ? primary : slices;
}

/** Ready addresses; when there are none, those that still serve while they terminate, as kube-proxy does. */
function fromSlices(slices: readonly EndpointSlice[], wanted: ServicePort, label: string): ResolvedService {
  const ready: Address[] = [];
  const draining: Address[] = [];
  let isPortless = false;
  for (const slice of slices) {
    const port = targetPort(slice.ports, wanted);
    if (port === undefined) {
      isPortless ||= slice.endpoints.length > 0;
      continue;
    }
    for (const { addresses, conditions } of slice.endpoints) {
      const isDraining = conditions.terminating && conditions.serving === true;
      const target = conditions.ready ? ready : isDraining ? draining : undefined;
      target?.push(...addresses.map((address) => ({ address, port })));
    }
  }
  const found = ready.length > 0 ? ready : draining;
  return found.length === 0 && isPortless ? portless(wanted, label) : canonical(found);
}

function fromEndpoints(endpoints: Endpoints, wanted: ServicePort, label: string): ResolvedService {
  const found: Address[] = [];
  let isPortless = false;
  for (const { addresses, ports } of endpoints.subsets) {
    const port = targetPort(ports, wanted);
    if (port === undefined) isPortless ||= addresses.length > 0;
    else found.push(...addresses.map(({ ip }) => ({ address: ip, port })));
  }
  return found.length === 0 && isPortless ? portless(wanted, label) : canonical(found);
}

/**
 * Ports of endpoints carry the name of the Service's port and the number it has on these pods. Without such a name a
 * numeric `targetPort` decides alone; one that is absent or 0 is the Service's own number, as the API server has it.
 */
function targetPort(
  ports: readonly { readonly name: string; readonly protocol: string; readonly port?: number | undefined }[],
  wanted: ServicePort,
): number | undefined {
  const named = ports.find((each) => each.name === wanted.name && each.protocol === wanted.protocol);
  if (named?.port !== undefined) return named.port;
  return typeof wanted.targetPort === "string" ? undefined : wanted.targetPort || wanted.port;
}

function portless({ name, port }: ServicePort, label: string): ResolvedService {
  return nothing(
    "port",
    `the endpoints of ${label} have no port named ${JSON.stringify(name)} for its port ${port}`,
  );
}

/** Brings addresses into canonical form and drops repetitions. */
function canonical(found: readonly Address[]): ResolvedService {
  const byKey = new Map<string, Address>();
  const faults: ServiceFault[] = [];
  for (const { address: text, port } of found) {
    const parsed = parseAddress(text);
    if (parsed === null) {
      faults.push({ part: "name", reason: `its endpoint ${JSON.stringify(text)} is no IP address` });
      continue;
    }
    const address = formatAddress(parsed);
    byKey.set(`${address}|${port}`, { address, port });
  }
  return { addresses: [...byKey.values()], faults };
}
