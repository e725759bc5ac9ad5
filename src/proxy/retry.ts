/** When a failed attempt may be repeated (data-plane spec 3.10, and the rulings on it). */
import type { GatewayError } from "../errors.ts";

/** Attempts of one exchange, whatever the number of endpoints. */
export const MAX_ATTEMPTS = 5;

/** Methods whose effect may not happen twice once the request was sent. */
const SENT_ONCE = new Set(["POST", "PATCH", "LOCK"]);

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
}

export type RetryDecision =
  /** The same endpoint again, on a fresh connection. */
  | "repeat"
  /** The next endpoint that was not tried. */
  | "next"
  | "give up";

export function decideRetry(attempt: FailedAttempt): RetryDecision {
  if (!attempt.error.retryable || !attempt.bodyReplayable) return "give up";
  // The endpoint may have acted on it before the connection died, and nobody can tell.
  if (attempt.sent && SENT_ONCE.has(attempt.method)) return "give up";
  if (attempt.staleConnection && !attempt.alreadyRepeated) return "repeat";
  return attempt.attempts < MAX_ATTEMPTS ? "next" : "give up";
}
