/** The only list of what is read: kinds, where they live in the API, and the schema of each. */
import type { z } from "zod";
import { alb2 } from "./alb2.ts";
import { configMap } from "./config-map.ts";
import { endpointSlice } from "./endpoint-slice.ts";
import { endpoints } from "./endpoints.ts";
import { frontend } from "./frontend.ts";
import { quote } from "./issues.ts";
import { namespace } from "./namespace.ts";
import { keepWrittenWords, rule } from "./rule.ts";
import { secret } from "./secret.ts";
import { service } from "./service.ts";

/**
 * A part that an object can do without: when something in it is wrong, the part is left out and refused, the rest of
 * the object counts (rulings: a bad action answers 500, a bad matcher is not installed).
 */
export interface PartSpec {
  /** `*` stands for any key. */
  readonly path: readonly string[];
  /** Last keys of the path that are no such part. */
  readonly except?: readonly string[];
  readonly code: "InvalidObject" | "InvalidAction" | "InvalidAuth";
}

interface KindSpec {
  /** "" is the core group. */
  readonly group: string;
  readonly versions: readonly string[];
  /** Name in API paths. */
  readonly plural: string;
  readonly namespaced: boolean;
  readonly schema: z.ZodType;
  /** Tried in order; the first that covers a field decides. */
  readonly parts: readonly PartSpec[];
}

const CRD = "crd.alauda.io";
const configParts = [
  { path: ["spec", "config", "auth"], code: "InvalidAuth" },
  { path: ["spec", "config", "*"], code: "InvalidAction" },
] as const;

export const KINDS = {
  ALB2: {
    group: CRD,
    versions: ["v2", "v2beta1", "v1"],
    plural: "alaudaloadbalancer2",
    namespaced: true,
    schema: alb2,
    parts: [
      { path: ["spec", "config", "auth"], code: "InvalidAuth" },
      // They may be what keeps somebody out.
      { path: ["spec", "config", "middlewares"], code: "InvalidAction" },
      { path: ["spec", "config", "*"], code: "InvalidObject" },
      { path: ["spec", "*"], code: "InvalidObject" },
    ],
  },
  Frontend: {
    group: CRD,
    versions: ["v1"],
    plural: "frontends",
    namespaced: true,
    schema: frontend,
    parts: [...configParts, { path: ["spec", "*"], except: ["port", "protocol"], code: "InvalidAction" }],
  },
  Rule: {
    group: CRD,
    versions: ["v1"],
    plural: "rules",
    namespaced: true,
    schema: rule,
    prepare: keepWrittenWords,
    parts: [...configParts, { path: ["spec", "*"], except: ["dslx", "priority"], code: "InvalidAction" }],
  },
  Service: { group: "", versions: ["v1"], plural: "services", namespaced: true, schema: service, parts: [] },
  EndpointSlice: {
    group: "discovery.k8s.io",
    versions: ["v1", "v1beta1"],
    plural: "endpointslices",
    namespaced: true,
    schema: endpointSlice,
    parts: [],
  },
  Endpoints: {
    group: "",
    versions: ["v1"],
    plural: "endpoints",
    namespaced: true,
    schema: endpoints,
    parts: [],
  },
  Secret: { group: "", versions: ["v1"], plural: "secrets", namespaced: true, schema: secret, parts: [] },
  ConfigMap: {
    group: "",
    versions: ["v1"],
    plural: "configmaps",
    namespaced: true,
    schema: configMap,
    parts: [],
  },
  Namespace: {
    group: "",
    versions: ["v1"],
    plural: "namespaces",
    namespaced: false,
    schema: namespace,
    parts: [],
  },
} as const satisfies Record<string, KindSpec & { prepare?: typeof keepWrittenWords }>;

export type Kind = keyof typeof KINDS;

/** The type of the objects of a kind. */
export type ResourceOf<K extends Kind> = z.output<(typeof KINDS)[K]["schema"]>;

/** Any object that is read; `kind` tells which. */
export type Resource = { [K in Kind]: ResourceOf<K> }[Kind];

/** Kinds that belong to a gateway but are not served by this version: group → kinds. */
const NOT_YET: Readonly<Record<string, readonly string[]>> = {
  "networking.k8s.io": ["Ingress", "IngressClass"],
  "gateway.networking.k8s.io": [
    "GatewayClass",
    "Gateway",
    "HTTPRoute",
    "GRPCRoute",
    "TLSRoute",
    "TCPRoute",
    "UDPRoute",
    "ReferenceGrant",
    "BackendTLSPolicy",
  ],
  "gateway.crd.alauda.io": ["TimeoutPolicy"],
};

export type KindAnswer =
  | { readonly status: "served"; readonly kind: Kind }
  | { readonly status: "unknown"; readonly reason: string }
  | { readonly status: "invalid"; readonly field: "apiVersion" | "kind"; readonly reason: string };

/** Which kind the fields `apiVersion` and `kind` of an object name. */
export function kindOf(apiVersion: unknown, kind: unknown): KindAnswer {
  if (typeof kind !== "string" || kind === "") {
    return { status: "invalid", field: "kind", reason: `expected the kind of an object, got ${quote(kind)}` };
  }
  if (typeof apiVersion !== "string" || apiVersion === "") {
    const reason = `expected an API version such as "v1" or "${CRD}/v1", got ${quote(apiVersion)}`;
    return { status: "invalid", field: "apiVersion", reason };
  }
  const slash = apiVersion.indexOf("/");
  const group = slash < 0 ? "" : apiVersion.slice(0, slash);
  const version = apiVersion.slice(slash + 1);
  const spec: KindSpec | undefined = Object.hasOwn(KINDS, kind) ? KINDS[kind as Kind] : undefined;
  if (spec?.group === group) {
    if (spec.versions.includes(version)) return { status: "served", kind: kind as Kind };
    const served = spec.versions.map((one) => group === "" ? one : `${group}/${one}`).join(" or ");
    return {
      status: "unknown",
      reason: `version ${quote(apiVersion)} of ${kind} is not served, use ${served}`,
    };
  }
  const reason = NOT_YET[group]?.includes(kind)
    ? `${kind} of ${quote(apiVersion)} is not served by this version yet; the object is ignored`
    : `${kind} of ${quote(apiVersion)} is no kind that is served; the object is ignored`;
  return { status: "unknown", reason };
}

/** Whether objects of a kind are read. */
export function isKind(kind: string): kind is Kind {
  return Object.hasOwn(KINDS, kind);
}
