/** `Frontend.spec.config.keepalive` and its defaults (data-plane spec 3.12). */
import type { KeepaliveConfig } from "../../resources/shared-config.ts";
import type { ClientKeepalive, Protocol } from "../../table/table.ts";

const IDLE_MS = 65_000;
/** When there is an `http` object that says nothing about it. */
const CONFIGURED_IDLE_MS = 75_000;
const REQUESTS = 1000;
const TCP_IDLE_MS = 30 * 60_000;
const TCP_COUNT = 10;

/** The `http` part means nothing on tcp and udp, the `tcp` part nothing on udp. */
export function keepaliveOf(protocol: Protocol, config: KeepaliveConfig | undefined): ClientKeepalive {
  const http = protocol === "tcp" || protocol === "udp" ? undefined : config?.http;
  const announced = http?.header_timeout;
  return {
    idleMs: http === undefined ? IDLE_MS : http.timeout ?? CONFIGURED_IDLE_MS,
    headerTimeoutS: announced ? Math.floor(announced / 1000) : null,
    requests: http?.requests || REQUESTS,
    tcp: protocol === "udp" ? null : tcpKeepalive(config?.tcp),
  };
}

/** An empty object means: on, with the values of the system. */
function tcpKeepalive(tcp: KeepaliveConfig["tcp"]): ClientKeepalive["tcp"] {
  if (tcp === undefined) return null;
  const { idle, interval, count } = tcp;
  if (!idle && !interval && !count) return { idleMs: null, intervalMs: null, count: null };
  return { idleMs: idle || TCP_IDLE_MS, intervalMs: interval || null, count: count || TCP_COUNT };
}
