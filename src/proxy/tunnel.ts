/** Two sockets joined: after an Upgrade the gateway only carries bytes. */
import type { TimerWheel } from "../lib/timer-wheel.ts";
import type { Socket, SocketHandler } from "../runtimes/runtime.ts";
import { IdleWatch } from "./idle-watch.ts";

export interface TunnelOptions {
  readonly client: Socket;
  /** What the client sent behind its request. */
  readonly clientRest: Uint8Array;
  /** Whether the client has sent its FIN already. */
  readonly clientEnded: boolean;
  readonly upstream: Socket;
  /** What the upstream sent behind its answer. */
  readonly upstreamRest: Uint8Array;
  /** Silence in both directions after which the tunnel is closed, in milliseconds. */
  readonly idleMs: number;
  readonly wheel: TimerWheel;
  /** Called once, with the bytes carried to each side. */
  onClose(toClient: number, toUpstream: number): void;
}

/** Joins the sockets; returns a function that closes both at once. */
export function openTunnel(options: TunnelOptions): () => void {
  const { wheel, idleMs, client, upstream } = options;
  let open = 2;
  const unsent = {
    get pendingBytes() {
      return client.pendingBytes + upstream.pendingBytes;
    },
  };
  const watch = new IdleWatch(wheel, unsent, {
    look(silentMs) {
      if (silentMs < idleMs) return idleMs - silentMs;
      destroyBoth();
      return 0;
    },
  });

  function destroyBoth(): void {
    client.destroy();
    upstream.destroy();
  }
  function closed(): void {
    if (--open > 0) return;
    watch.cancel();
    options.onClose(toClient.bytes, toUpstream.bytes);
  }

  const toUpstream = new TunnelEnd(client, upstream, watch, closed);
  const toClient = new TunnelEnd(upstream, client, watch, closed);
  client.handler = toUpstream;
  upstream.handler = toClient;
  watch.within(idleMs);
  if (options.upstreamRest.length > 0) toClient.onData(options.upstreamRest);
  if (options.clientRest.length > 0) toUpstream.onData(options.clientRest);
  if (options.clientEnded) toUpstream.onEnd();
  client.resume();
  upstream.resume();
  return destroyBoth;
}

/** Carries what arrives on one socket to the other. A side that closes lets the other take what is still queued for it. */
class TunnelEnd implements SocketHandler {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #watch: IdleWatch;
  readonly #closed: () => void;
  bytes = 0;

  constructor(from: Socket, to: Socket, watch: IdleWatch, closed: () => void) {
    this.#from = from;
    this.#to = to;
    this.#watch = watch;
    this.#closed = closed;
  }

  onData(bytes: Uint8Array): void {
    this.#watch.touch();
    this.bytes += bytes.length;
    if (!this.#to.write(bytes)) this.#from.pause();
  }

  /** `from` takes more, so the other side may send again. */
  onDrain(): void {
    this.#to.resume();
  }

  onEnd(): void {
    this.#to.end();
  }

  onClose(error: Error | undefined): void {
    if (error === undefined) this.#to.close();
    else this.#to.destroy();
    this.#closed();
  }
}
