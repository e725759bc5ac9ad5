/** `metadata`, as much of it as is used; managed fields, owners and finalizers are left out. */
import { z } from "zod";
import { integer, optional, textMap, withDefault } from "./fields.ts";

// Wider than any Kubernetes name, yet safe in keys (`namespace/name`), labels of metrics, header values and paths.
const name = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9._:-]{0,251}[A-Za-z0-9])?$/, {
  error: "expected a name of letters, digits, '-' and '.' that starts and ends with a letter or digit",
});

const common = {
  name,
  labels: textMap,
  annotations: textMap,
  /** RFC 3339; decides who is older. */
  creationTimestamp: optional(z.string()),
  uid: optional(z.string()),
  generation: optional(integer),
  resourceVersion: optional(z.string()),
};

/** Metadata of a namespaced kind; a missing or empty namespace is `default`. */
export const namespacedMetadata = z.object({
  ...common,
  namespace: z.preprocess((value) => value || undefined, withDefault(name, "default")),
}).readonly();

/** Metadata of a kind that is in no namespace; its namespace is always "". */
export const clusterMetadata = z.object({
  ...common,
  namespace: z.unknown().optional().transform((): string => ""),
}).readonly();

export type Metadata = z.output<typeof namespacedMetadata>;
