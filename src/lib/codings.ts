/** Content codings (RFC 9110 8.4.1) as the runtime computes them; whoever needs some receives this. */

export type CodingName = "zstd" | "br" | "gzip";

export interface Codings {
  /** Those that this runtime has, the best first. */
  readonly names: readonly CodingName[];
  /**
   * `body` in a coding. Whoever reads it gets what has come so far before there is a wait: events of a stream arrive
   * when they happen. A `body` that fails makes it fail too; cancelling it cancels `body`.
   */
  encode(name: CodingName, body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array>;
}
