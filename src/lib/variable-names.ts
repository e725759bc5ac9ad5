/**
 * Names of nginx's variables that the gateway knows, and of those that ALB adds (data-plane spec 3.5, 4.2). Translation
 * checks names against this list, `middlewares/variables.ts` has a value for each of them.
 */

export const FIXED_VARIABLES = [
  "args",
  "best_http_host",
  "content_length",
  "content_type",
  "document_uri",
  "escaped_request_uri",
  "first_forward",
  "first_forward_or_remote_addr",
  "host",
  "https",
  "is_args",
  "method",
  "msec",
  "pass_access_scheme",
  "pass_server_port",
  "proxy_add_x_forwarded_for",
  "query_string",
  "remote_addr",
  "remote_port",
  "remote_user",
  "request",
  "request_id",
  "request_length",
  "request_method",
  "request_uri",
  "scheme",
  "server_port",
  "server_protocol",
  "time_iso8601",
  "time_local",
  "uri",
] as const;
export type FixedVariable = typeof FIXED_VARIABLES[number];

/** What stands behind the prefix names a field, cookie or parameter. */
export const VARIABLE_PREFIXES = ["http_", "header_", "cookie_", "arg_", "param_"] as const;
export type VariablePrefix = typeof VARIABLE_PREFIXES[number];

export type VariableName =
  | { readonly kind: "fixed"; readonly name: FixedVariable }
  | { readonly kind: "prefixed"; readonly prefix: VariablePrefix; readonly rest: string };

const FIXED: ReadonlySet<string> = new Set(FIXED_VARIABLES);

/** Reads a name without its `$`, in any case, as nginx does; undefined when the gateway knows no such variable. */
export function readVariableName(name: string): VariableName | undefined {
  const lower = name.toLowerCase();
  if (FIXED.has(lower)) return { kind: "fixed", name: lower as FixedVariable };
  const prefix = VARIABLE_PREFIXES.find((each) => lower.startsWith(each) && lower.length > each.length);
  if (prefix === undefined) return undefined;
  // Decoded parameters are found by their exact name, as the matcher finds them.
  const rest = (prefix === "param_" ? name : lower).slice(prefix.length);
  return { kind: "prefixed", prefix, rest };
}
