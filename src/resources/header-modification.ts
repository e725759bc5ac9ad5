/** The JSON in the annotations `rewrite-request` and `rewrite-response` (data-plane spec 3.5). Unknown keys are ignored, `null` is absent. */
import { z } from "zod";
import { list, withDefault } from "./fields.ts";
import { expectation } from "./issues.ts";

const texts = withDefault(z.record(z.string(), z.string()), {});
const lists = withDefault(z.record(z.string(), list(z.string())), {});
const names = list(z.string());

const requestModification = z.object({
  headers: texts,
  headers_var: texts,
  headers_remove: names,
  headers_add: lists,
  headers_add_var: lists,
}).readonly();
export type RequestModification = z.output<typeof requestModification>;

const responseModification = z.object({ headers: texts, headers_remove: names, headers_add: lists })
  .readonly();
export type ResponseModification = z.output<typeof responseModification>;

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  /** `reason` says what was expected, for the author. */
  | { readonly ok: false; readonly reason: string };

export function parseRequestModification(text: string): Parsed<RequestModification> {
  return parse(text, requestModification);
}

export function parseResponseModification(text: string): Parsed<ResponseModification> {
  return parse(text, responseModification);
}

function parse<T>(text: string, schema: z.ZodType<T>): Parsed<T> {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return { ok: false, reason: "expected JSON" };
  }
  const result = schema.safeParse(given ?? {}, { error: expectation });
  if (result.success) return { ok: true, value: result.data };
  const [issue] = result.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  return { ok: false, reason: `${place}${issue?.message ?? "invalid"}` };
}
