/** Rule: one match and what to do with it, on one Frontend (control-plane spec 1.4, data-plane spec 1.1). */
import { z } from "zod";
import { list, optional, withDefault } from "./fields.ts";
import { namespacedMetadata } from "./metadata.ts";
import { layeredConfig, serviceGroup, source } from "./shared-config.ts";

/** Operator or argument. Numbers and booleans that were not quoted stand for the text they were written as. */
const word = z.union([z.string(), z.number(), z.boolean()], {
  error: "expected text",
}).transform(String);

/** What types, operators and numbers of arguments mean is judged in translation; here only that they are texts. */
const term = z.object({
  type: withDefault(z.string(), ""),
  key: withDefault(z.string(), ""),
  values: list(list(word)),
}).readonly();
export type DslxTerm = z.output<typeof term>;

export const rule = z.object({
  kind: z.literal("Rule"),
  metadata: namespacedMetadata,
  spec: z.object({
    /** Absent and `null` stay apart from `[]`: the first is a Rule without a matcher (data-plane spec 1.5). */
    dslx: optional(z.array(term).readonly()),
    priority: optional(z.int()),
    domain: optional(z.string()),
    certificate_name: optional(z.string()),
    serviceGroup: optional(serviceGroup),
    backendProtocol: optional(z.string()),
    url: optional(z.string()),
    rewrite_base: optional(z.string()),
    rewrite_target: optional(z.string()),
    vhost: optional(z.string()),
    enableCORS: optional(z.boolean()),
    corsAllowHeaders: optional(z.string()),
    corsAllowOrigin: optional(z.string()),
    redirectURL: optional(z.string()),
    redirectCode: optional(z.int()),
    config: optional(z.object(layeredConfig).readonly()),
    source: optional(source),
    description: optional(z.string()),
    dsl: optional(z.string()),
  }).readonly(),
}).readonly();
export type Rule = z.output<typeof rule>;
