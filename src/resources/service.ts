/** Service, of every type. */
import { z } from "zod";
import { integer, list, optional, port, textMap, withDefault } from "./fields.ts";
import { namespacedMetadata } from "./metadata.ts";

export const protocol = withDefault(z.enum(["TCP", "UDP", "SCTP"]), "TCP");

const servicePort = z.object({
  name: withDefault(z.string(), ""),
  protocol,
  port,
  /** A number, or the name of a port of the pods; absent = the same as `port`. */
  targetPort: optional(z.union([integer.min(0).max(65535), z.string()], {
    error: "expected a port number or the name of a port",
  })),
  appProtocol: optional(z.string()),
}).readonly();
export type ServicePort = z.output<typeof servicePort>;

export const service = z.object({
  kind: z.literal("Service"),
  metadata: namespacedMetadata,
  spec: z.object({
    type: withDefault(z.enum(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]), "ClusterIP"),
    /** `None` = headless. */
    clusterIP: optional(z.string()),
    /** Host name or IP literal; only of type ExternalName. */
    externalName: optional(z.string()),
    selector: textMap,
    /** `IPv4`, `IPv6`; the first is the primary one. */
    ipFamilies: list(z.string()),
    ports: list(servicePort),
  }).readonly(),
}).readonly();
export type Service = z.output<typeof service>;
