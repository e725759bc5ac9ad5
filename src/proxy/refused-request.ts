/** What is known of a request that never became an exchange, because it could not be read. */
import type { GatewayError } from "../errors.ts";
import type { ExchangeRecord } from "../telemetry/record.ts";
import type { CompiledListener } from "./compiled.ts";

export function refusedRequest(
  error: GatewayError,
  { spec }: CompiledListener,
  peerAddress: string,
  now: number,
): ExchangeRecord {
  return {
    listenerPort: spec.port,
    listenerName: spec.name,
    protocol: "http",
    httpVersion: "",
    method: "",
    target: "",
    host: "",
    peerAddress,
    clientAddress: peerAddress,
    userAgent: "",
    forwardedFor: "",
    requestId: crypto.randomUUID(),
    route: undefined,
    status: error.status,
    errorCode: error.code,
    reason: error.reason,
    attempts: [],
    requestBytes: 0,
    responseBytes: 0,
    upstreamBytes: 0,
    startedAt: now,
    matchedAt: 0,
    filteredAt: 0,
    sentAt: 0,
    headAt: 0,
    endedAt: now,
    startedWall: Date.now(),
  };
}
