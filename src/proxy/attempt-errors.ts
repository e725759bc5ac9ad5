/** Why an attempt at an upstream came to nothing, before a connection was there. */
import { GatewayError } from "../errors.ts";
import type { LiveUpstream } from "../upstreams/upstream.ts";

export function noEndpoints(upstream: LiveUpstream): GatewayError {
  const code = upstream.spec.emptyStatus === 503 ? "NO_ENDPOINTS_STANDARD" : "NO_ENDPOINTS";
  return new GatewayError(code, `no balancer found for ${upstream.spec.group}`);
}

/** `code`: the errno name that the runtime gave. */
export function dialError(code: string): GatewayError {
  if (code === "ECONNREFUSED") return new GatewayError("CONNECT_REFUSED", "connection refused");
  if (code === "ETIMEDOUT") return new GatewayError("CONNECT_TIMEOUT", "connection timed out");
  return new GatewayError("CONNECT_FAILED", `connection failed (${code})`);
}
