/**
 * Objects for the eyes of operators. Values of Secrets redact themselves; what this hides are their copies elsewhere, and
 * credentials that were written into other objects.
 */
import { REDACTED, redactNamed, redactUrls } from "../lib/redact.ts";
import type { Resource } from "./kinds.ts";
import type { Metadata } from "./metadata.ts";

/** In which `kubectl apply` keeps the whole object as it was written, that of a Secret too. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** The same object, as plain data, without what may be secret. Written as JSON, it has no secrets at all. */
export function redactObject(object: Resource): Record<string, unknown> {
  const shown: Record<string, unknown> = { ...object, metadata: redactMetadata(object) };
  if (object.kind === "ConfigMap") shown["data"] = redactNamed(object.data); // headers of authentication, for one
  if ("spec" in object) shown["spec"] = redactSpec(object.spec);
  return shown;
}

function redactMetadata({ kind, metadata }: Resource): Metadata {
  const annotations = Object.entries(metadata.annotations).map(([name, text]) => [
    name,
    kind === "Secret" || name === LAST_APPLIED ? REDACTED : redactAnnotation(text),
  ]);
  return { ...metadata, annotations: Object.fromEntries(annotations) };
}

/** Texts that are JSON, such as the modifications of headers, are read by the names in it. */
function redactAnnotation(text: string): string {
  if (!text.trimStart().startsWith("{")) return redactUrls(text) as string;
  try {
    return JSON.stringify(redactNamed(JSON.parse(text)));
  } catch {
    return REDACTED; // meant to be JSON: whatever is in it cannot be told apart
  }
}

/** Options of middlewares are any JSON; other fields are known, and their names do not tell of secrets. */
function redactSpec(spec: object): unknown {
  const shown = redactUrls(spec) as { config?: { middlewares?: unknown } | null };
  const middlewares = shown.config?.middlewares;
  return middlewares === undefined
    ? shown
    : { ...shown, config: { ...shown.config, middlewares: redactNamed(middlewares) } };
}
