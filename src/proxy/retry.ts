/** When a failed attempt may be repeated (data-plane spec 3.10, and the rulings on it). */
import type { GatewayError } from "../errors.ts";
import type { RetryPolicy } from "../table/table.ts";

/** Methods whose effect may not happen twice once the request was sent. */
const SENT_ONCE = new Set(["POST", "PATCH", "LOCK"]);

/** Methods without effect (RFC 9110 9.2.1): harmless on a connection that was dead before. */
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

export interface FailedAttempt {
  readonly error: GatewayError;
  readonly method: string;
  /** The head went out on an open connection. */
  readonly sent: boolean;
  /** On a pooled connection that died before any byte of the answer. */
  readonly staleConnection: boolean;
  /** Whether the request's body can be sent from its first byte again. */
  readonly bodyReplayable: boolean;
  /** Whether a stale connection was replaced before. */
  readonly alreadyRepeated: boolean;
  readonly attempts: number;
  /** Milliseconds since the first attempt began. */
  readonly elapsedMs: number;
}

export type RetryDecision =
  /** The same endpoint again, on a fresh connection. */
  | "repeat"
  /** The next endpoint that was not tried. */
  | "next"
  | "give up";

export function decideRetry(attempt: FailedAttempt, policy: RetryPolicy): RetryDecision {
  if (!attempt.error.retryable || !attempt.bodyReplayable) return "give up";
  // The endpoint may have acted on it before the connection died, and nobody can tell.
  if (attempt.sent && SENT_ONCE.has(attempt.method)) return "give up";
  const isStale = attempt.staleConnection && !attempt.alreadyRepeated;
  if (attempt.sent && !policy.resend && !(isStale && SAFE.has(attempt.method))) return "give up";
  if (isStale) return "repeat";
  if (policy.timeoutMs !== null && attempt.elapsedMs >= policy.timeoutMs) return "give up";
  return attempt.attempts < policy.attempts ? "next" : "give up";
}
