/** The only list of what is read: kinds, where they live in the API, and the schema of each. */
import type { z } from "zod";
import { alb2 } from "./alb2.ts";
import { configMap } from "./config-map.ts";
import { endpointSlice } from "./endpoint-slice.ts";
import { endpoints } from "./endpoints.ts";
import { frontend } from "./frontend.ts";
import { namespace } from "./namespace.ts";
import { rule } from "./rule.ts";
import { secret } from "./secret.ts";
import { service } from "./service.ts";

const CRD = "crd.alauda.io";

/** `group` "" is the core group. `plural` is the name in API paths. */
export const KINDS = {
  ALB2: { group: CRD, versions: ["v2", "v2beta1", "v1"], plural: "alaudaloadbalancer2", schema: alb2 },
  Frontend: { group: CRD, versions: ["v1"], plural: "frontends", schema: frontend },
  Rule: { group: CRD, versions: ["v1"], plural: "rules", schema: rule },
  Service: { group: "", versions: ["v1"], plural: "services", schema: service },
  EndpointSlice: {
    group: "discovery.k8s.io",
    versions: ["v1", "v1beta1"],
    plural: "endpointslices",
    schema: endpointSlice,
  },
  Endpoints: { group: "", versions: ["v1"], plural: "endpoints", schema: endpoints },
  Secret: { group: "", versions: ["v1"], plural: "secrets", schema: secret },
  ConfigMap: { group: "", versions: ["v1"], plural: "configmaps", schema: configMap },
  Namespace: { group: "", versions: ["v1"], plural: "namespaces", schema: namespace },
} as const satisfies Record<
  string,
  { group: string; versions: readonly string[]; plural: string; schema: z.ZodType }
>;

export type Kind = keyof typeof KINDS;

/** The type of the objects of a kind. */
export type ResourceOf<K extends Kind> = z.output<(typeof KINDS)[K]["schema"]>;

/** Any object that is read; `kind` tells which. */
export type Resource = { [K in Kind]: ResourceOf<K> }[Kind];
