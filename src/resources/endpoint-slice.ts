/** EndpointSlice (`discovery.k8s.io`): some of the addresses of a Service. */
import { z } from "zod";
import { list, optional, port, readonlyArray, withDefault } from "./fields.ts";
import { namespacedMetadata } from "./metadata.ts";
import { protocol } from "./service.ts";

/** Label that names the Service which a slice belongs to. */
export const SERVICE_NAME_LABEL = "kubernetes.io/service-name";

const endpoint = z.object({
  addresses: readonlyArray(z.string()),
  conditions: withDefault(
    z.object({
      /** Absent counts as ready, as the API says. */
      ready: withDefault(z.boolean(), true),
      serving: optional(z.boolean()),
      terminating: withDefault(z.boolean(), false),
    }).readonly(),
    { ready: true, terminating: false },
  ),
  hostname: optional(z.string()),
  nodeName: optional(z.string()),
  zone: optional(z.string()),
}).readonly();
export type SliceEndpoint = z.output<typeof endpoint>;

export const endpointSlice = z.object({
  kind: z.literal("EndpointSlice"),
  metadata: namespacedMetadata,
  addressType: withDefault(z.enum(["IPv4", "IPv6", "FQDN"]), "IPv4"),
  endpoints: list(endpoint),
  ports: list(
    z.object({
      name: withDefault(z.string(), ""),
      protocol,
      port: optional(port),
      appProtocol: optional(z.string()),
    }).readonly(),
  ),
}).readonly();
export type EndpointSlice = z.output<typeof endpointSlice>;
