/** `spec.config.retry`: how often and what is tried again; a setting that ALB lacks (data-plane spec 3.10, 10.3). */
import type { RetryConfig } from "../../resources/shared-config.ts";
import type { RetryPolicy } from "../../table/table.ts";

/** As ALB has it. */
const MAX_ATTEMPTS = 5;

/** @param layers nearest first; the first that has the object decides alone */
export function retryOf(layers: readonly (RetryConfig | undefined)[]): RetryPolicy {
  const { attempts, resend, timeoutMs } = layers.find((each) => each !== undefined) ?? {};
  return { attempts: attempts ?? MAX_ATTEMPTS, resend: resend ?? true, timeoutMs: timeoutMs || null };
}
