/** What the matcher sees of a request: lazy where computing costs something. Implemented by `proxy/exchange.ts`. */
export interface RequestView {
  /** As received, case kept. */
  readonly method: string;
  /** Lower-case, without port and trailing dot; IPv6 literals without brackets; `_` when HTTP/1.0 sent none. */
  readonly host: string;
  /** Normal form, see `path.ts`; `*` for `OPTIONS *`. */
  readonly path: string;
  /** Raw text behind the first `?`, "" when there is none. */
  readonly query: string;
  /** Client address under the trust rule, as `clientAddress` returns it: IPv4, or IPv6 without brackets. */
  readonly sourceAddress: string;
  /**
   * Value of a field, one byte a character, repeated lines joined with ", " (Cookie: "; "); undefined when absent.
   * `name` is lower-case and `_` in it stands for `-`: both spellings of a field on the wire answer to it, the first
   * line decides which.
   */
  header(name: string): string | undefined;
}
