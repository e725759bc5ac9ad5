/** Frontend: one port to listen on (control-plane spec 1.3). */
import { z } from "zod";
import { optional, port } from "./fields.ts";
import { namespacedMetadata } from "./metadata.ts";
import { keepalive, layeredConfig, serviceGroup, source } from "./shared-config.ts";

export const frontend = z.object({
  kind: z.literal("Frontend"),
  metadata: namespacedMetadata,
  spec: z.object({
    port,
    /** Unknown ones are refused in translation, where the message can say what is served. */
    protocol: optional(z.string()),
    certificate_name: optional(z.string()),
    /** Of the default service group only. */
    backendProtocol: optional(z.string()),
    serviceGroup: optional(serviceGroup),
    source: optional(source),
    config: optional(z.object({ ...layeredConfig, keepalive: optional(keepalive) }).readonly()),
  }).readonly(),
}).readonly();
export type Frontend = z.output<typeof frontend>;
