/** Verifies passwords for the whole process: each pair of hash and password is computed once in a while, not per request. */
import { bytesOf } from "../../../lib/bytes.ts";
import type { Digests } from "../../../lib/digest.ts";
import type { PasswordHash } from "../../../lib/htpasswd.ts";
import { TtlCache } from "../../../lib/ttl-cache.ts";
import { checkPassword } from "./check.ts";

/** Data-plane spec 4.5: as many as ALB remembers, and as long. */
const REMEMBERED = 500;
const REMEMBERED_MS = 300_000;
/** Verifications that may wait for their turn; bcrypt takes about a tenth of a second each. */
const MAX_WAITING = 128;
/** Hashing takes quadratic time in the length for some algorithms. */
const MAX_PASSWORD_BYTES = 1024;

/** A hash as text, and read. */
export interface StoredPassword {
  readonly text: string;
  readonly hash: PasswordHash;
}

/** `busy`: too many others are waiting. */
export type Verdict = "right" | "wrong" | "busy";

export interface PasswordVerifier {
  /**
   * Whether `password` (one byte a character) belongs to `stored`. At once when it was verified lately: then the answer
   * is no promise.
   */
  verify(stored: StoredPassword, password: string): Verdict | Promise<Verdict>;
}

export interface PasswordVerifierOptions {
  readonly digests: Digests;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/**
 * What was right is remembered under a digest keyed with a secret of this process, so that memory holds neither
 * passwords nor anything they could be guessed from. What was wrong is computed again: the cost slows guessing down.
 */
export function createPasswordVerifier({ digests, now }: PasswordVerifierOptions): PasswordVerifier {
  const key = crypto.getRandomValues(new Uint8Array(32));
  const right = new TtlCache<true>(REMEMBERED, now);
  const running = new Map<string, Promise<Verdict>>();
  let last: Promise<unknown> = Promise.resolve();

  function fingerprint({ text }: StoredPassword, password: string): string {
    // No hash has a line break, so no two pairs make one text.
    return String.fromCharCode(...digests.hmac(key, bytesOf(`${text}\n${password}`)));
  }

  async function compute({ hash }: StoredPassword, password: string, print: string): Promise<Verdict> {
    if (!await checkPassword(hash, password, digests)) return "wrong";
    right.set(print, true, REMEMBERED_MS);
    return "right";
  }

  return {
    verify(stored, password) {
      if (password.length > MAX_PASSWORD_BYTES) return "wrong";
      const print = fingerprint(stored, password);
      if (right.get(print) !== undefined) return "right";
      const same = running.get(print);
      if (same !== undefined) return same;
      if (running.size >= MAX_WAITING) return "busy";
      // One after the other: slices of several at once would add up to long ones.
      const verdict = last.then(() => compute(stored, password, print)).finally(() => running.delete(print));
      last = verdict.catch(() => {});
      running.set(print, verdict);
      return verdict;
    },
  };
}
