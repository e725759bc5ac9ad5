/** Whether a password belongs to a hash, computed anew: slow on purpose. */
import { bytesOf, equalInConstantTime } from "../../../lib/bytes.ts";
import type { Digests } from "../../../lib/digest.ts";
import type { PasswordHash } from "../../../lib/htpasswd.ts";
import { bcrypt } from "./bcrypt.ts";
import { md5Crypt } from "./md5-crypt.ts";
import { shaCrypt } from "./sha-crypt.ts";

/** `password` holds one byte a character and no control characters. Compares in constant time. */
export async function checkPassword(
  hash: PasswordHash,
  password: string,
  digests: Digests,
): Promise<boolean> {
  return equalInConstantTime(await compute(hash, password, digests), hash.digest);
}

function compute(hash: PasswordHash, password: string, digests: Digests): Promise<string> | string {
  switch (hash.algorithm) {
    case "apr1":
      return md5Crypt("$apr1$", password, hash.salt, digests);
    case "md5-crypt":
      return md5Crypt("$1$", password, hash.salt, digests);
    case "sha256-crypt":
      return shaCrypt("sha256", password, hash, digests);
    case "sha512-crypt":
      return shaCrypt("sha512", password, hash, digests);
    case "bcrypt":
      return bcrypt(password, hash.salt, hash.cost);
    case "sha1":
      return btoa(String.fromCharCode(...digests.digest("sha1", bytesOf(password))));
  }
}
