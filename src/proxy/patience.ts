/** How long a client connection may wait, by what it waits for. */
import { GatewayError, type LimitName } from "../errors.ts";
import type { ProxyLimits } from "./limits.ts";

/** After our FIN the client gets this long to read the answer and end, before a reset could destroy it. */
export const LINGER_MS = 2000;

export type Waiting =
  /** For the client to take what was written. */
  | "reader"
  /** For its end, after ours. */
  | "end"
  /** For the rest of a head, counted from its first byte. */
  | "head"
  /** For another request. */
  | "request"
  /** The same behind empty lines, counted from the first: whoever goes on sending them is not idle, but not a client either. */
  | "empty lines"
  | "body"
  /** For others than the client: they have limits of their own. */
  | "others";

export interface Patience {
  readonly limits: ProxyLimits;
  /** How long a connection may be open without a request. */
  readonly idleMs: number;
  readonly draining: boolean;
}

/** Milliseconds for which a client may let the gateway wait. */
export function patience(waiting: Waiting, { limits, idleMs }: Patience): number {
  switch (waiting) {
    case "reader":
      return limits.sendIdleMs;
    case "end":
      return LINGER_MS;
    case "head":
    case "empty lines":
      return limits.headerReadMs;
    case "request":
      return idleMs;
    case "body":
      return limits.bodyIdleMs;
    case "others":
      return Infinity;
  }
}

/** The shortest limit, after which a connection is looked at whatever it does. */
export function leastPatience({ limits, idleMs }: Patience): number {
  return Math.min(idleMs, limits.headerReadMs, limits.bodyIdleMs, limits.sendIdleMs);
}

/** The limit that a client has reached which is closed without a word. */
export function silentLimit(waiting: Waiting, { draining }: Patience): LimitName | undefined {
  if (waiting === "reader") return "sendIdleMs";
  if (waiting === "empty lines") return "headerReadMs";
  if (waiting !== "request") return undefined;
  return draining ? "drainIdleMs" : "keepalive.http.timeout";
}

/** What a client is told that has not sent the rest of its request in time. */
export function requestTimeout(waiting: "head" | "body", { limits }: Patience): GatewayError {
  return waiting === "head"
    ? timeout("headerReadMs", `head not complete within ${limits.headerReadMs} ms`)
    : timeout("bodyIdleMs", `no part of the body within ${limits.bodyIdleMs} ms`);
}

function timeout(limit: "headerReadMs" | "bodyIdleMs", message: string): GatewayError {
  return new GatewayError("REQUEST_TIMEOUT", message, { limit });
}
