/** One listener as it lives: the newest compiled form, and the connections that it has accepted. */
import type { GatewayError } from "../errors.ts";
import type { TimerWheel } from "../lib/timer-wheel.ts";
import type { Socket } from "../runtimes/runtime.ts";
import type { ClientKeepalive } from "../table/table.ts";
import type { ExchangeObserver } from "../telemetry/record.ts";
import type { Serve } from "./app.ts";
import { ClientConnection } from "./client-connection.ts";
import type { CompiledListener } from "./compiled.ts";
import type { Exchange } from "./exchange.ts";
import type { ProxyLimits } from "./limits.ts";
import type { ListenerPort } from "./listener-port.ts";
import { refusedRequest } from "./refused-request.ts";
import type { Responder } from "./responder.ts";

export interface ServedListenerOptions {
  readonly wheel: TimerWheel;
  readonly limits: ProxyLimits;
  readonly observer: ExchangeObserver;
  readonly serve: Serve;
  report(error: unknown): void;
  /** A connection has ended. */
  closed(): void;
}

export class ServedListener implements ListenerPort {
  compiled: CompiledListener;
  draining = false;
  readonly wheel: TimerWheel;
  readonly limits: ProxyLimits;
  readonly observer: ExchangeObserver;
  readonly #options: ServedListenerOptions;
  readonly #connections = new Set<ClientConnection>();

  constructor(compiled: CompiledListener, options: ServedListenerOptions) {
    this.compiled = compiled;
    this.wheel = options.wheel;
    this.limits = options.limits;
    this.observer = options.observer;
    this.#options = options;
  }

  get keepalive(): ClientKeepalive {
    return this.compiled.spec.keepalive;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  accept(socket: Socket): void {
    const { tcp } = this.keepalive;
    if (tcp !== null) socket.setKeepAlive(true, tcp.idleMs ?? 0);
    this.#connections.add(new ClientConnection(socket, this));
    this.observer.connectionChanged(this.compiled.spec.port, 1);
  }

  serve(exchange: Exchange, responder: Responder): void {
    this.#options.serve(exchange, responder);
  }

  closed(connection: ClientConnection): void {
    if (!this.#connections.delete(connection)) return;
    this.observer.connectionChanged(this.compiled.spec.port, -1);
    this.#options.closed();
  }

  refused(error: GatewayError, peerAddress: string): void {
    this.observer.requestRefused?.(refusedRequest(error, this.compiled, peerAddress, this.wheel.now()));
  }

  report(error: unknown): void {
    this.#options.report(error);
  }

  /** Idle connections close now, busy ones after the answer under way. */
  drain(): void {
    this.draining = true;
    for (const connection of this.#connections) connection.drain();
  }

  destroy(): void {
    for (const connection of this.#connections) connection.destroy();
  }
}
