/** ConfigMap; binary values are not read. */
import { z } from "zod";
import { textMap } from "./fields.ts";
import { namespacedMetadata } from "./metadata.ts";

export const configMap = z.object({
  kind: z.literal("ConfigMap"),
  metadata: namespacedMetadata,
  data: textMap,
}).readonly();
export type ConfigMap = z.output<typeof configMap>;
