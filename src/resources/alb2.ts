/** ALB2: one gateway and its settings (control-plane spec 1.2). v1, v2beta1 and v2 are read by one schema. */
import { z } from "zod";
import { parseNetwork } from "../lib/ip.ts";
import { integer, list, optional, readonlyArray, switchField, textMap } from "./fields.ts";
import { namespacedMetadata } from "./metadata.ts";
import {
  auth,
  errorPages,
  middlewares,
  modsecurity,
  otel,
  outlierDetection,
  retry,
  timeout,
} from "./shared-config.ts";

const count = optional(integer.min(0));
const portOrOff = optional(integer.min(0).max(65535));
/** `cpu: 2` and `cpu: "200m"` are both common. */
const quantity = optional(
  z.union([z.string(), z.number()], { error: 'expected a quantity such as 2 or "200m"' }),
);
const network = z.string().refine((text) => parseNetwork(text) !== null, {
  error: "expected an address or a block such as 169.254.10.0/24",
});
const quantities = optional(z.looseObject({ cpu: quantity, memory: quantity }));

/**
 * `spec.config`. Fields that are not listed are kept as they are and never refused: charts dump their values here.
 * Defaults belong to the translators, so that an absent field can be told from a given one.
 */
const config = z.looseObject({
  networkMode: optional(z.string()),
  replicas: count,
  nodeSelector: optional(textMap),
  resources: optional(z.looseObject({
    limits: quantities,
    requests: quantities,
    alb: optional(z.looseObject({ limits: quantities, requests: quantities })),
  })),
  enableALb: switchField,
  enableIngress: switchField,
  defaultIngressClass: switchField,
  ingressHTTPPort: portOrOff,
  ingressHTTPSPort: portOrOff,
  ingressSSLRedirect: switchField,
  defaultSSLCert: optional(z.string()),
  defaultSSLStrategy: optional(z.string()),
  enablePortprobe: switchField,
  enablePrometheus: switchField,
  metricsPort: portOrOff,
  enableGoMonitor: switchField,
  goMonitorPort: portOrOff,
  enableProfile: switchField,
  enableIPV6: switchField,
  enableHTTP2: switchField,
  enableGzip: switchField,
  enableCrossClusters: switchField,
  workerLimit: count,
  backlog: count,
  maxTermSeconds: count,
  interval: count,
  reloadtimeout: count,
  resyncPeriod: count,
  syncPolicyInterval: count,
  cleanMetricsInterval: count,
  policyZip: switchField,
  /** JSON in a text, e.g. `{"nic":["eth0"]}`. */
  bindNIC: optional(z.string()),
  projects: list(z.string()),
  enablePortProject: switchField,
  /** JSON in a text. */
  portProjects: optional(z.string()),
  gateway: optional(z.looseObject({
    enable: switchField,
    mode: optional(z.string()),
    name: optional(z.string()),
  })),
  vip: optional(z.looseObject({
    enableLbSvc: switchField,
    lbSvcIpFamilyPolicy: optional(z.string()),
    allocateLoadBalancerNodePorts: switchField,
    lbSvcAnnotations: optional(textMap),
  })),
  readonlyFS: switchField,
  otel: optional(otel),
  modsecurity: optional(modsecurity),
  auth: optional(auth),
  timeout: optional(timeout),
  // Ours, not ALB's:
  /** CIDRs of peers whose forwarded headers count. */
  trustedProxies: optional(readonlyArray(z.string())),
  /** CIDRs of link-local and metadata addresses that authentication may call all the same. */
  authAllowedNetworks: optional(readonlyArray(network)),
  compatibility: optional(z.enum(["alb", "standard"])),
  middlewares: optional(middlewares),
  retry: optional(retry),
  outlierDetection: optional(outlierDetection),
  errorPages: optional(errorPages),
}).readonly();
export type Alb2Config = z.output<typeof config>;

export const alb2 = z.object({
  kind: z.literal("ALB2"),
  metadata: namespacedMetadata,
  spec: z.preprocess(
    (value) => value ?? {},
    z.object({
      address: optional(z.string()),
      type: optional(z.enum(["nginx"])),
      config: optional(config),
    }).readonly(),
  ),
}).readonly();
export type Alb2 = z.output<typeof alb2>;
