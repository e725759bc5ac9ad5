/** What a route matches: an AND of terms, each an OR of rows (data-plane spec 1.1). Valid by construction. */
export type Match = readonly Term[] | null;
// null: never matches (an empty dslx). []: matches everything.

/**
 * The value that a term looks at (data-plane spec 1.2); `key` is lower-case for HEADER and COOKIE. Rows compare it as
 * it is, so HOST rows hold hosts as `normalizeHost` returns them, and SRC_IP rows addresses as `formatAddress` writes
 * them.
 */
export type Subject =
  | { readonly type: "METHOD" | "URL" | "HOST" | "SRC_IP" }
  | { readonly type: "HEADER" | "PARAM" | "COOKIE"; readonly key: string };

export interface Term {
  readonly subject: Subject;
  /** Never empty. */
  readonly rows: readonly Row[];
}

/**
 * One condition (data-plane spec 1.3). Rows that can never be true (wrong number of arguments) are `NEVER`, so that
 * a term keeps its meaning without them.
 */
export type Row =
  | { readonly op: "EQ" | "STARTS_WITH" | "ENDS_WITH" | "REGEX"; readonly value: string }
  /** Host wildcard, HOST only: `suffix` is `.a.com` for `*.a.com`; `labels` one = exactly one label, any = at least one. */
  | { readonly op: "WILDCARD"; readonly suffix: string; readonly labels: "one" | "any" }
  | { readonly op: "IN"; readonly values: readonly string[] }
  | { readonly op: "RANGE"; readonly start: string; readonly end: string }
  /** SRC_IP only. */
  | { readonly op: "CIDR"; readonly value: string }
  /** URL only: prefix by whole path elements (Gateway API, Ingress in mode `standard`). */
  | { readonly op: "PATH_PREFIX"; readonly value: string }
  | { readonly op: "EXIST" }
  | { readonly op: "NEVER"; readonly reason: string };
