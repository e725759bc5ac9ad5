/** Digests as the runtime computes them; whoever needs some receives this. */

export type DigestAlgorithm = "md5" | "sha1" | "sha256" | "sha512";

export interface Digests {
  /** Hash of all bytes. */
  digest(algorithm: DigestAlgorithm, bytes: Uint8Array): Uint8Array;
  /** HMAC-SHA-256 (RFC 2104). */
  hmac(key: Uint8Array, bytes: Uint8Array): Uint8Array;
}
