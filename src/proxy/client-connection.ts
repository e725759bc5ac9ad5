/** The server side of HTTP/1.1: one client connection, its requests one after the other. */
import { GatewayError } from "../errors.ts";
import type { RequestHead } from "../http1/request-head.ts";
import type { Socket, SocketHandler } from "../runtimes/runtime.ts";
import { Exchange } from "./exchange.ts";
import { IdleWatch, type Watched } from "./idle-watch.ts";
import type { ListenerPort } from "./listener-port.ts";
import { Outbox } from "./outbox.ts";
import { leastPatience, LINGER_MS, patience, requestTimeout, silentLimit, type Waiting } from "./patience.ts";
import type { Peer } from "./peer.ts";
import { refusalText } from "./refused-request.ts";
import { type BodyFeeder, RequestBody } from "./request-body.ts";
import { RequestReader, type RequestSink } from "./request-reader.ts";
import { type ClientSide, Responder } from "./responder.ts";
import { openTunnel } from "./tunnel.ts";

/** A request body that nobody wants is read over up to here, so that the connection can go on; beyond it is closed. */
const MAX_DISCARDED = 256 * 1024;
/** While more than this waits for a client, it must read answers before another request of it is served. */
const MAX_UNREAD = 64 * 1024;

export class ClientConnection implements SocketHandler, ClientSide, BodyFeeder, RequestSink, Watched {
  readonly outbox: Outbox;
  readonly #socket: Socket;
  readonly #port: ListenerPort;
  readonly #peer: Peer;
  readonly #watch: IdleWatch;
  readonly #reader: RequestReader;
  #exchange: Exchange | undefined;
  #responder: Responder | undefined;
  #requests = 0;
  #clientEnded = false;
  #lingering = false;
  /** It has been idle for too long, and is closed at the next look unless something happens. */
  #lastLook = false;
  /** What comes next on the connection cannot be trusted to be a request. */
  #broken = false;
  #headStartedAt = 0;
  /** When the first of the empty lines came that stand in front of a request; 0 = there are none. */
  #emptySince = 0;
  #discardBudget = 0;
  #bytesBefore = 0;
  /** Closes the tunnel, once the connection has become one. */
  #tunnel: (() => void) | undefined;

  constructor(socket: Socket, port: ListenerPort) {
    this.#socket = socket;
    this.#port = port;
    this.outbox = new Outbox(socket);
    const { remoteAddress: address, remotePort } = socket;
    this.#peer = { address, port: remotePort, protocol: "http", told: undefined, asked: undefined };
    this.#reader = new RequestReader(this, port.limits.request);
    this.#watch = new IdleWatch(port.wheel, socket, this);
    this.#watch.within(this.#lookEvery());
    socket.handler = this;
  }

  get mayPersist(): boolean {
    return !this.#port.draining && this.#requests < this.#port.keepalive.requests && !this.#broken;
  }

  /** Whether no exchange is under way. */
  get idle(): boolean {
    return this.#exchange === undefined;
  }

  get address(): string {
    return this.#peer.address;
  }

  /**
   * The next answer tells the client to close ({@link mayPersist}). One that asks for nothing is closed later, so that
   * a request that is on its way is not lost.
   */
  drain(): void {
    if (!this.idle || this.#lingering) return;
    this.#watch.touch();
    this.#watch.within(this.#lookEvery());
  }

  destroy(): void {
    if (this.#tunnel === undefined) this.#socket.destroy();
    else this.#tunnel();
  }

  onData(bytes: Uint8Array): void {
    if (this.#lingering) return;
    this.#watch.touch();
    this.#reader.feed(bytes);
    this.#fed();
  }

  onDrain(): void {
    this.#watch.touch();
    if (this.#responder === undefined) this.#goOn();
    else this.#responder.onClientDrain();
  }

  /** The client has sent everything; it may still read the answer. */
  onEnd(): void {
    this.#clientEnded = true;
    const exchange = this.#exchange;
    if (exchange === undefined) {
      this.#socket.close();
    } else if (!this.#reader.holds) {
      this.#cutIfTruncated();
    }
  }

  onClose(): void {
    this.#watch.cancel();
    this.#reader.clear();
    if (this.#exchange !== undefined) {
      this.#responder?.clientGone();
      this.#finishExchange();
    }
    this.#port.closed(this);
  }

  resumeBody(): void {
    if (this.#reader.busy) return;
    this.#socket.resume();
    this.#feedHeld();
  }

  responseEnded(persist: boolean): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    if (!persist) {
      if (this.#requests >= this.#port.keepalive.requests) this.#port.limits.hit?.("keepalive.http.requests");
      return this.#close();
    }
    if (exchange.body?.complete === false) {
      // The rest of the body is still to come: read it over if it is not much, or the next request cannot be found.
      const { framing } = exchange.body;
      if (framing.kind === "length" && framing.length - exchange.body.bytes > MAX_DISCARDED) {
        return this.#close();
      }
      this.#discardBudget = exchange.body.bytes + MAX_DISCARDED;
      exchange.body.discard();
      // Nothing of it had arrived: the exchange ends when it has.
      return;
    }
    this.#nextRequest();
  }

  cut(): void {
    this.#finishExchange();
    this.#socket.destroy();
  }

  tunnel(upstream: Socket, rest: Uint8Array): void {
    this.outbox.flush();
    this.#watch.cancel();
    const exchange = this.#exchange as Exchange;
    const clientRest = this.#reader.takeRest();
    this.#tunnel = openTunnel({
      client: this.#socket,
      clientRest,
      clientEnded: this.#clientEnded,
      upstream,
      upstreamRest: rest,
      idleMs: exchange.compiled?.route.timeouts.readMs ?? this.#port.keepalive.idleMs,
      wheel: this.#port.wheel,
      onClose: (toClient, toUpstream) => {
        exchange.tunnelBytes = toUpstream;
        this.#bytesBefore -= toClient;
        this.#finishExchange();
        this.#port.closed(this);
      },
    });
  }

  #feedHeld(): void {
    if (!this.#reader.holds || this.#socket.closed) return;
    this.#reader.feedHeld();
    this.#fed();
  }

  /** What has come is consumed as far as may be. */
  #fed(): void {
    if (this.#lingering || this.#socket.closed) this.#reader.clear();
    if (!this.#reader.holds) {
      if (!this.#clientEnded) return;
      if (this.#exchange === undefined) this.#socket.close();
      else this.#cutIfTruncated();
    } else if (this.#exchange !== undefined || this.#clogged) {
      // A request under way takes no more: the kernel holds the rest, and the client with it.
      this.#socket.pause();
    } else if (this.#clientEnded) {
      this.#socket.close();
    }
  }

  get expects(): "head" | "body" | "nothing" {
    if (this.#lingering || this.#socket.closed) return "nothing";
    if (this.#exchange !== undefined) return "body";
    return this.#clogged ? "nothing" : "head";
  }

  onEmptyLine(): void {
    if (this.#emptySince === 0) this.#emptySince = this.#watch.lastActivity;
  }

  onPartialHead(): void {
    this.#headStartedAt = this.#watch.lastActivity;
    this.#watch.within(this.#port.limits.headerReadMs);
  }

  onHead(head: RequestHead): void {
    this.#emptySince = 0;
    const { compiled, wheel, limits, observer } = this.#port;
    this.#requests++;
    this.#bytesBefore = this.outbox.bytes;
    const exchange = new Exchange(head, compiled, this.#peer, wheel);
    if (head.framing.kind !== "none") {
      exchange.body = new RequestBody(head.framing, this, limits);
      if (exchange.body.complete) exchange.body = undefined;
    }
    const responder = new Responder(exchange, this);
    this.#exchange = exchange;
    this.#responder = responder;
    observer.activeChanged(compiled.spec.port, 1);
    if (exchange.body?.announcedTooLarge === true) throw exchange.body.tooLarge();
    this.#port.serve(exchange, responder);
  }

  onBody(input: Uint8Array, at: number): number {
    const body = this.#exchange?.body;
    if (body === undefined || body.complete) return at;
    const next = body.feed(input, at, input.length);
    if (this.#responder?.done === true) {
      if (body.complete) this.#nextRequest();
      else if (body.bytes > this.#discardBudget) this.#close();
    }
    return next;
  }

  /** What the client sent cannot be a request, or not the rest of one. */
  onUnreadable(cause: unknown): void {
    const error = cause instanceof GatewayError
      ? cause
      : new GatewayError("INTERNAL", "request could not be read", { cause });
    if (error.code === "INTERNAL") this.#port.report(error);
    if (error.limit !== undefined) this.#port.limits.hit?.(error.limit);
    this.#broken = true;
    if (this.#exchange !== undefined) {
      this.#responder?.refuse(error);
      this.#close();
      return;
    }
    this.outbox.text(refusalText(error, this.#port.compiled));
    this.#port.refused(error, this.#peer.address);
    this.#close();
  }

  /** After the client's FIN a body that is not complete never will be, and must not look finished to the upstream. */
  #cutIfTruncated(): void {
    if (this.#exchange?.body?.complete !== false) return;
    if (this.#responder?.done === true) return this.#close();
    this.#responder?.clientGone();
    this.#socket.destroy();
  }

  #nextRequest(): void {
    this.#finishExchange();
    this.#watch.within(this.#port.idleMs);
    this.#goOn();
  }

  /** Whether the client has too much to read before it may ask for more. */
  get #clogged(): boolean {
    return this.#socket.pendingBytes > MAX_UNREAD;
  }

  #goOn(): void {
    if (this.#reader.busy || this.#clogged) return;
    this.#socket.resume();
    if (this.#reader.holds) this.#feedHeld();
    else if (this.#clientEnded) this.#socket.close();
  }

  #finishExchange(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    const { observer } = this.#port;
    this.#watch.touch(this.#port.wheel.recent);
    exchange.endedAt = this.#watch.lastActivity;
    exchange.responseBytes = this.outbox.bytes - this.#bytesBefore;
    this.#exchange = undefined;
    this.#responder = undefined;
    observer.activeChanged(exchange.listenerPort, -1);
    observer.exchangeEnded(exchange);
  }

  /** Ends after the answer: FIN first, and what still arrives is read over, so that no reset destroys the answer. */
  #close(): void {
    if (this.#lingering || this.#socket.closed) return;
    this.#finishExchange();
    this.outbox.flush();
    if (this.#clientEnded) return this.#socket.close();
    this.#lingering = true;
    this.#reader.clear();
    this.#socket.end();
    this.#socket.resume();
    this.#watch.within(this.#lookEvery());
  }

  #waitsFor(silentMs: number): Waiting {
    if (this.#socket.pendingBytes > 0) return "reader";
    if (this.#lingering) return "end";
    if (this.#exchange !== undefined) {
      return this.#exchange.body?.complete === false && !this.#reader.holds ? "body" : "others";
    }
    if (this.#reader.holds) return "head";
    const isEmptyFirst = this.#emptySince !== 0 &&
      this.#leftOf("empty lines", silentMs) < this.#leftOf("request", silentMs);
    return isEmptyFirst ? "empty lines" : "request";
  }

  #leftOf(waiting: Waiting, silentMs: number): number {
    const now = this.#port.wheel.recent;
    const waitedMs = waiting === "head"
      ? now - this.#headStartedAt
      : waiting === "empty lines"
      ? now - this.#emptySince
      : silentMs;
    return patience(waiting, this.#port) - waitedMs;
  }

  /** It is looked at so often whatever it does. */
  #lookEvery(): number {
    return this.#lingering ? LINGER_MS : leastPatience(this.#port);
  }

  /** Ends what takes too long; answers when to look again. */
  look(silentMs: number): number {
    const waiting = this.#waitsFor(silentMs);
    const left = this.#leftOf(waiting, silentMs);
    const isLast = this.#lastLook;
    this.#lastLook = false;
    if (left > 0) return Math.min(left, this.#lookEvery());
    if ((waiting === "request" || waiting === "empty lines") && !isLast) {
      // What has arrived while the event loop was busy is read before the next look.
      this.#lastLook = true;
      return 1;
    }
    this.#expired(waiting);
    return this.#socket.closed ? 0 : this.#lookEvery();
  }

  #expired(waiting: Waiting): void {
    const limit = silentLimit(waiting, this.#port);
    if (limit !== undefined) this.#port.limits.hit?.(limit);
    if (waiting === "reader") this.#socket.destroy();
    else if (waiting === "end") this.#socket.close();
    else if (waiting === "head" || waiting === "body") this.onUnreadable(requestTimeout(waiting, this.#port));
    else this.#close();
  }
}
