/** A request that never became an exchange, because it could not be read: what its client is told, and what is known of it. */
import type { GatewayError } from "../errors.ts";
import { phraseOf } from "../http1/phrases.ts";
import type { ExchangeRecord } from "../telemetry/record.ts";
import type { CompiledListener } from "./compiled.ts";

/** The whole answer. */
export function refusalText({ status, reason }: GatewayError, { viaLine }: CompiledListener): string {
  const body = `X-Error: ${status}\n`;
  return `HTTP/1.1 ${status} ${phraseOf(status)}\r\n${viaLine}X-ALB-ERR-REASON: ${reason}\r\n` +
    `Content-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
}

/** What is known of it. */
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
