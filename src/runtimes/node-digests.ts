/** Digests of OpenSSL or BoringSSL, as every runtime offers them behind node:crypto. */
import { createHash, createHmac } from "node:crypto";
import type { Digests } from "../lib/digest.ts";

export const nodeDigests: Digests = {
  digest: (algorithm, bytes) => createHash(algorithm).update(bytes).digest(),
  hmac: (key, bytes) => createHmac("sha256", key).update(bytes).digest(),
};
