/** From a parsed YAML or JSON value to an object of a known kind, or to the reasons why it is none. */
import type { ProblemCode } from "../errors.ts";
import { type FieldPath, formatFieldPath } from "./field-path.ts";
import { describeIssues, expectation, type FieldIssue, typeWord } from "./issues.ts";
import { type Kind, kindOf, KINDS, type PartSpec, type Resource } from "./kinds.ts";
import type { Refusal } from "./snapshot.ts";

/** Why an object, or a part of it, is refused; becomes a Problem when its place is known. */
export interface ReadIssue extends FieldIssue {
  readonly severity: "error" | "warning";
  readonly code: ProblemCode;
}

export interface ReadResult {
  /** As far as it could be read from an invalid object; missing texts are "". */
  readonly ref: { readonly kind: string; readonly namespace: string; readonly name: string };
  /** Undefined when the object is invalid as a whole or of no kind that is read. */
  readonly object?: Resource;
  /** Parts that were left out of `object`. */
  readonly refusals: readonly Refusal[];
  /** Everything that is wrong; empty for a good object. */
  readonly issues: readonly ReadIssue[];
}

/** The text that a scalar was written as, where the source of the object still knows it (`1.10`, not 1.1). */
export type WrittenText = (path: FieldPath) => string | undefined;

const NOTHING: readonly never[] = [];

/** Reads one object; never throws. `value` is plain data without cycles. */
export function readObject(value: unknown, written: WrittenText = () => undefined): ReadResult {
  if (!isMapping(value)) {
    // Only its type: it may have been meant for a Secret.
    return failure(value, { path: [], field: "", reason: `expected an object, got ${typeWord(value)}` });
  }
  const found = kindOf(value["apiVersion"], value["kind"]);
  if (found.status !== "served") {
    const path = found.status === "invalid" ? [found.field] : [];
    const issue = { path, field: formatFieldPath(path), reason: found.reason };
    return found.status === "invalid"
      ? failure(value, issue)
      : failure(value, issue, "warning", "UnknownKind");
  }
  return readKind(found.kind, value, written);
}

function readKind(kind: Kind, value: Readonly<Record<string, unknown>>, written: WrittenText): ReadResult {
  const spec = KINDS[kind];
  const prepared = "prepare" in spec ? spec.prepare(value, written) : value;
  const first = parse(kind, prepared);
  if (first.success) return { ref: refOf(value), object: first.object, refusals: NOTHING, issues: NOTHING };

  const parts = new Map<string, { path: FieldPath; refusal: Refusal }>();
  const issues: ReadIssue[] = [];
  let salvageable = true;
  for (const issue of first.issues) {
    const part = partOf(spec.parts, issue.path);
    issues.push({ ...issue, severity: "error", code: part?.code ?? "InvalidObject" });
    if (part === undefined) salvageable = false;
    else {
      const field = formatFieldPath(part.path);
      const reason = `${issue.field}: ${issue.reason}`;
      if (!parts.has(field)) {
        parts.set(field, { path: part.path, refusal: { code: part.code, field, reason } });
      }
    }
  }
  if (salvageable) {
    const rest = [...parts.values()].reduce((left, { path }) => without(left, path), prepared);
    const second = parse(kind, rest);
    if (second.success) {
      const refusals = [...parts.values()].map(({ refusal }) => refusal);
      return { ref: refOf(value), object: second.object, refusals, issues };
    }
  }
  return { ref: refOf(value), refusals: [], issues };
}

function parse(
  kind: Kind,
  value: unknown,
): { success: true; object: Resource } | { success: false; issues: FieldIssue[] } {
  const result = KINDS[kind].schema.safeParse(value, { error: expectation, reportInput: true });
  if (result.success) return { success: true, object: result.data };
  return { success: false, issues: describeIssues(result.error, kind === "Secret") };
}

/** The part of the object that the field at `path` belongs to, when the object can do without that part. */
function partOf(
  parts: readonly PartSpec[],
  path: FieldPath,
): { path: FieldPath; code: Refusal["code"] } | undefined {
  for (const part of parts) {
    const covers = path.length >= part.path.length &&
      part.path.every((key, at) => key === "*" || key === path[at]);
    const last = path[part.path.length - 1];
    if (covers && !part.except?.includes(String(last))) {
      return { path: path.slice(0, part.path.length), code: part.code };
    }
  }
  return undefined;
}

/** A copy of `value` without the field at `path`. */
function without(value: unknown, path: FieldPath): Record<string, unknown> {
  const copy: Record<string, unknown> = isMapping(value) ? { ...value } : {};
  const [key = "", ...rest] = path;
  if (rest.length === 0) delete copy[key];
  else copy[key] = without(copy[key], rest);
  return copy;
}

function failure(
  value: unknown,
  issue: FieldIssue,
  severity: ReadIssue["severity"] = "error",
  code: ProblemCode = "InvalidObject",
): ReadResult {
  return { ref: refOf(value), refusals: [], issues: [{ ...issue, severity, code }] };
}

/** Names an object that may be anything; the namespace is what a valid object would have. */
function refOf(value: unknown): ReadResult["ref"] {
  const object = isMapping(value) ? value : {};
  const metadata = isMapping(object["metadata"]) ? object["metadata"] : {};
  const kind = textOf(object["kind"]);
  const isClusterWide = Object.hasOwn(KINDS, kind) && !KINDS[kind as Kind].namespaced;
  const namespace = isClusterWide ? "" : textOf(metadata["namespace"]) || "default";
  return { kind, namespace, name: textOf(metadata["name"]) };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
