/** Rule: one match and what to do with it, on one Frontend (control-plane spec 1.4, data-plane spec 1.1). */
import { z } from "zod";
import type { FieldPath } from "./field-path.ts";
import { integer, list, optional, readonlyArray, withDefault } from "./fields.ts";
import { namespacedMetadata } from "./metadata.ts";
import { layeredConfig, serviceGroup, source } from "./shared-config.ts";

/** What types, operators and numbers of arguments mean is judged in translation; here only that they are texts. */
const term = z.object({
  type: withDefault(z.string(), ""),
  key: withDefault(z.string(), ""),
  values: list(list(z.string())),
}).readonly();
export type DslxTerm = z.output<typeof term>;

/** What ALB's three CORS fields cannot say; a setting that ALB lacks. Maximum age in seconds. */
const cors = z.object({
  allowMethods: optional(z.string()),
  allowCredentials: optional(z.boolean()),
  exposeHeaders: optional(z.string()),
  maxAge: optional(integer.min(0)),
}).readonly();

const replacements = list(z.object({ from: z.string().min(1), to: withDefault(z.string(), "") }).readonly());

/** Addresses in the upstream's answers; a setting that ALB lacks. */
const reverseRewrite = z.object({
  location: replacements,
  cookieDomain: replacements,
  cookiePath: replacements,
}).readonly();

export const rule = z.object({
  kind: z.literal("Rule"),
  metadata: namespacedMetadata,
  spec: z.object({
    /** Absent and `null` stay apart from `[]`: the first is a Rule without a matcher (data-plane spec 1.5). */
    dslx: optional(readonlyArray(term)),
    priority: optional(integer),
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
    redirectCode: optional(integer),
    config: optional(
      z.object({ ...layeredConfig, cors: optional(cors), reverseRewrite: optional(reverseRewrite) })
        .readonly(),
    ),
    source: optional(source),
  }).readonly(),
}).readonly();
export type Rule = z.output<typeof rule>;

/**
 * Operators and arguments of `spec.dslx` that were not quoted (`[EQ, 1.10]`) become the text that was written, which
 * `written` knows by path; without it, the text is the value's own (`1.1`). A value that holds none is returned as is.
 */
export function keepWrittenWords(
  value: Readonly<Record<string, unknown>>,
  written: (path: FieldPath) => string | undefined,
): Readonly<Record<string, unknown>> {
  const spec = value["spec"] as { dslx?: unknown } | null | undefined;
  let found = false;
  const dslx = mapList(spec?.dslx, (term, t) => {
    const values = mapList(
      (term as { values?: unknown } | null)?.values,
      (row, r) =>
        mapList(row, (word, w) => {
          if (typeof word !== "number" && typeof word !== "boolean") return word;
          found = true;
          return written(["spec", "dslx", t, "values", r, w]) ?? String(word);
        }),
    );
    return values === undefined ? term : { ...(term as object), values };
  });
  return found ? { ...value, spec: { ...spec, dslx } } : value;
}

/** Anything but a list is left to the schema. */
function mapList(value: unknown, change: (item: unknown, index: number) => unknown): unknown {
  return Array.isArray(value) ? value.map(change) : value;
}
