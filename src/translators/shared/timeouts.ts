/** Timeouts and the defaults of each protocol (data-plane spec 3.11). */
import type { TimeoutConfig } from "../../resources/shared-config.ts";
import type { Protocol, Timeouts } from "../../table/table.ts";

const HTTP: Timeouts = { connectMs: 5_000, sendMs: 120_000, readMs: 120_000 };
const GRPC: Timeouts = { connectMs: 60_000, sendMs: 60_000, readMs: 60_000 };
/** Of a session, whichever side is silent. */
const L4_IDLE_MS = 120_000;
const L4_CONNECT_MS = 5_000;

/**
 * The first layer that has the object decides alone: fields that it leaves out, or sets to 0, get the default, not the
 * value of the next layer.
 *
 * @param layers nearest first
 */
export function timeoutsOf(protocol: Protocol, layers: readonly (TimeoutConfig | undefined)[]): Timeouts {
  const layer = layers.find((each) => each !== undefined);
  if (protocol === "tcp" || protocol === "udp") return sessionTimeouts(layer);
  const defaults = protocol === "grpc" || protocol === "grpcs" ? GRPC : HTTP;
  return layer === undefined ? defaults : {
    connectMs: layer.proxy_connect_timeout_ms || defaults.connectMs,
    sendMs: layer.proxy_send_timeout_ms || defaults.sendMs,
    readMs: layer.proxy_read_timeout_ms || defaults.readMs,
  };
}

/** A session has one idle time, the larger of those that are given. */
function sessionTimeouts(layer: TimeoutConfig | undefined): Timeouts {
  const idleMs = Math.max(layer?.proxy_send_timeout_ms ?? 0, layer?.proxy_read_timeout_ms ?? 0) || L4_IDLE_MS;
  return { connectMs: layer?.proxy_connect_timeout_ms || L4_CONNECT_MS, sendMs: idleMs, readMs: idleMs };
}
