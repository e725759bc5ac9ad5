/** What a client connection needs of the listener that accepted it. */
import type { GatewayError } from "../errors.ts";
import type { TimerWheel } from "../lib/timer-wheel.ts";
import type { ClientKeepalive } from "../table/table.ts";
import type { ExchangeObserver } from "../telemetry/record.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { CompiledListener } from "./compiled.ts";
import type { Exchange } from "./exchange.ts";
import type { ProxyLimits } from "./limits.ts";
import type { Responder } from "./responder.ts";

export interface ListenerPort {
  readonly wheel: TimerWheel;
  readonly limits: ProxyLimits;
  readonly observer: ExchangeObserver;
  /** The newest compiled form: a request is served by the table of the moment in which its head was complete. */
  readonly compiled: CompiledListener;
  readonly keepalive: ClientKeepalive;
  /** How long a connection may be open without a request. */
  readonly idleMs: number;
  /** Set when the listener goes away or the program ends. */
  readonly draining: boolean;
  serve(exchange: Exchange, responder: Responder): void;
  closed(connection: ClientConnection): void;
  /** A request that never became an exchange was refused. */
  refused(error: GatewayError, peerAddress: string): void;
  /** A fault of our own. */
  report(error: unknown): void;
}
