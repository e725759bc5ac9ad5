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
  /** A connection from this address has ended. */
  closed(peerAddress: string): void;
}

export class ServedListener implements ListenerPort {
  compiled: CompiledListener;
  draining = false;
  readonly wheel: TimerWheel;
  readonly limits: ProxyLimits;
  readonly observer: ExchangeObserver;
  readonly #options: ServedListenerOptions;
  readonly #connections = new Set<ClientConnection>();
  #drainIdleMs = 0;

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

  get idleMs(): number {
    return this.draining ? Math.min(this.#drainIdleMs, this.keepalive.idleMs) : this.keepalive.idleMs;
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
    this.#options.closed(connection.address);
  }

  refused(error: GatewayError, peerAddress: string): void {
    this.observer.requestRefused?.(refusedRequest(error, this.compiled, peerAddress, this.wheel.now()));
  }

  report(error: unknown): void {
    this.#options.report(error);
  }

  /** Connections close with their next answer, or when they have asked for nothing during `idleMs`. */
  drain(idleMs = this.limits.drainIdleMs): void {
    this.draining = true;
    this.#drainIdleMs = idleMs;
    for (const connection of this.#connections) connection.drain();
  }

  destroy(): void {
    for (const connection of this.#connections) connection.destroy();
  }
}
