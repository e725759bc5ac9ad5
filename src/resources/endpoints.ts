/** Endpoints: the addresses of the Service of the same name, the older form of EndpointSlice. */
import { z } from "zod";
import { list, optional, port, withDefault } from "./fields.ts";
import { namespacedMetadata } from "./metadata.ts";
import { protocol } from "./service.ts";

const address = z.object({
  ip: z.string(),
  hostname: optional(z.string()),
  nodeName: optional(z.string()),
}).readonly();

const subset = z.object({
  addresses: list(address),
  notReadyAddresses: list(address),
  ports: list(
    z.object({
      name: withDefault(z.string(), ""),
      protocol,
      port,
      appProtocol: optional(z.string()),
    }).readonly(),
  ),
}).readonly();
export type EndpointSubset = z.output<typeof subset>;

export const endpoints = z.object({
  kind: z.literal("Endpoints"),
  metadata: namespacedMetadata,
  subsets: list(subset),
}).readonly();
export type Endpoints = z.output<typeof endpoints>;
