/** Short hand for the Kubernetes objects that the tests configure the gateway with. */
import { splitEndpoint } from "./addresses.ts";

export type KubeObject = Readonly<Record<string, unknown>>;

/** One term of `spec.dslx`. */
export interface DslxTerm {
  readonly type: string;
  readonly key?: string;
  readonly values: readonly (readonly string[])[];
}

/** A Service that a rule sends to, with its weight. */
export interface ServiceRef {
  readonly name: string;
  readonly weight?: number;
}

interface Named {
  readonly name: string;
  readonly namespace?: string;
}

/** Matches every path below `prefix`. */
export function underPath(prefix: string): DslxTerm[] {
  return [{ type: "URL", values: [["STARTS_WITH", prefix]] }];
}

export function alb2(options: Named & { readonly config: unknown }): KubeObject {
  const { name, namespace = "default", config } = options;
  return {
    apiVersion: "crd.alauda.io/v2beta1",
    kind: "ALB2",
    metadata: { name, namespace },
    spec: { config },
  };
}

/** A Frontend or Rule bound to an ALB2 of its namespace. */
export function boundTo(alb: string, object: KubeObject): KubeObject {
  const metadata = object["metadata"] as { readonly labels?: Readonly<Record<string, string>> };
  return { ...object, metadata: { ...metadata, labels: { ...metadata.labels, "alb2.cpaas.io/name": alb } } };
}

export interface FrontendOptions extends Named {
  readonly port: number;
  readonly protocol?: string;
  /** Of the default route. */
  readonly services?: readonly ServiceRef[];
  readonly config?: unknown;
}

export function frontend(options: FrontendOptions): KubeObject {
  const { name, namespace = "default", port, protocol = "http", services, config } = options;
  return {
    apiVersion: "crd.alauda.io/v1",
    kind: "Frontend",
    metadata: { name, namespace },
    spec: {
      port,
      protocol,
      ...(services === undefined ? {} : { serviceGroup: serviceGroup(services, namespace) }),
      ...(config === undefined ? {} : { config }),
    },
  };
}

export interface RuleOptions extends Named {
  /** Name of the Frontend. */
  readonly frontend: string;
  readonly dslx?: readonly DslxTerm[] | null;
  readonly priority?: number;
  readonly services?: readonly ServiceRef[];
  readonly affinity?: { readonly policy: string; readonly attribute?: string };
  readonly config?: unknown;
  /** Further fields of the spec. */
  readonly spec?: Readonly<Record<string, unknown>>;
  /** The annotations `alb.rule.cpaas.io/KEY`, written as JSON. */
  readonly annotations?: Readonly<Record<string, unknown>>;
}

export function rule(options: RuleOptions): KubeObject {
  const { name, namespace = "default", dslx = underPath("/"), priority, services, affinity, config, spec } =
    options;
  const annotations = Object.fromEntries(
    Object.entries(options.annotations ?? {}).map((
      [key, value],
    ) => [`alb.rule.cpaas.io/${key}`, JSON.stringify(value)]),
  );
  const group = services === undefined ? undefined : {
    ...serviceGroup(services, namespace),
    ...(affinity === undefined
      ? {}
      : { session_affinity_policy: affinity.policy, session_affinity_attribute: affinity.attribute ?? "" }),
  };
  return {
    apiVersion: "crd.alauda.io/v1",
    kind: "Rule",
    metadata: { name, namespace, labels: { "alb2.cpaas.io/frontend": options.frontend }, annotations },
    spec: {
      dslx,
      ...(priority === undefined ? {} : { priority }),
      ...(group === undefined ? {} : { serviceGroup: group }),
      ...(config === undefined ? {} : { config }),
      ...spec,
    },
  };
}

function serviceGroup(services: readonly ServiceRef[], namespace: string) {
  return {
    services: services.map(({ name, weight = 100 }) => ({ name, namespace, port: 80, weight })),
  };
}

/** A Service on port 80 and the EndpointSlices behind it; endpoints as `address:port`, ports may differ. */
export function service(options: Named & { readonly endpoints: readonly string[] }): KubeObject[] {
  const { name, namespace = "default", endpoints } = options;
  const groups = new Map<string, { addressType: string; port: number; addresses: string[] }>();
  for (const endpoint of endpoints) {
    const { address, port } = splitEndpoint(endpoint);
    const addressType = address.includes(":") ? "IPv6" : "IPv4";
    const group = groups.get(`${addressType}-${port}`) ?? { addressType, port, addresses: [] };
    group.addresses.push(address);
    groups.set(`${addressType}-${port}`, group);
  }
  const slices = [...groups.values()].map(({ addressType, port, addresses }, index) => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-${index}`, namespace, labels: { "kubernetes.io/service-name": name } },
    addressType,
    ports: [{ name: "http", port, protocol: "TCP" }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  }));
  return [{
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }] },
  }, ...slices];
}

/** As one multi-document file; JSON is YAML. */
export function documents(objects: readonly KubeObject[]): string {
  return objects.map((object) => `---\n${JSON.stringify(object, null, 1)}\n`).join("");
}
