/** The server side of HTTP/1.1: one client connection, its requests one after the other. */
import { GatewayError, type LimitName } from "../errors.ts";
import { Repeated } from "../http1/repeated.ts";
import { parseRequestHead, type RequestHead, type RequestLines } from "../http1/request-head.ts";
import { concat } from "../lib/bytes.ts";
import type { Socket, SocketHandler } from "../runtimes/runtime.ts";
import { Exchange } from "./exchange.ts";
import { IdleWatch } from "./idle-watch.ts";
import type { ListenerPort } from "./listener-port.ts";
import { Outbox } from "./outbox.ts";
import type { Peer } from "./peer.ts";
import { type BodyFeeder, RequestBody } from "./request-body.ts";
import { phraseOf } from "../http1/phrases.ts";
import { type ClientSide, Responder } from "./responder.ts";
import { openTunnel } from "./tunnel.ts";

const EMPTY = new Uint8Array(0);
const CR = 0x0d;
const LF = 0x0a;

/** A request body that nobody wants is read over up to here, so that the connection can go on; beyond it is closed. */
const MAX_DISCARDED = 256 * 1024;
/** After our FIN the client gets this long to read the answer and end, before a reset could destroy it. */
const LINGER_MS = 2000;
/** While more than this waits for a client, it must read answers before another request of it is served. */
const MAX_UNREAD = 64 * 1024;

export class ClientConnection implements SocketHandler, ClientSide, BodyFeeder {
  readonly outbox: Outbox;
  readonly #socket: Socket;
  readonly #port: ListenerPort;
  readonly #peer: Peer;
  readonly #watch: IdleWatch;
  /** Bytes that arrived and were not consumed: an incomplete head, a body without taker, the next request. */
  #held: Uint8Array = EMPTY;
  readonly #lastLines = new Repeated<RequestLines>();
  #exchange: Exchange | undefined;
  #responder: Responder | undefined;
  #requests = 0;
  #consuming = false;
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
    this.#watch = new IdleWatch(port.wheel, socket, (silentMs) => this.#look(silentMs));
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
    this.#consume(bytes, true);
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
    } else if (this.#held.length === 0) {
      this.#cutIfTruncated();
    }
  }

  onClose(): void {
    this.#watch.cancel();
    this.#held = EMPTY;
    if (this.#exchange !== undefined) {
      this.#responder?.clientGone();
      this.#finishExchange();
    }
    this.#port.closed(this);
  }

  resumeBody(): void {
    if (this.#consuming) return;
    this.#socket.resume();
    this.#consumeHeld();
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
    const clientRest = this.#held;
    this.#held = EMPTY;
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

  #consumeHeld(): void {
    if (this.#held.length === 0 || this.#socket.closed) return;
    const held = this.#held;
    this.#held = EMPTY;
    this.#consume(held, false);
  }

  /** `borrowed`: the memory is the runtime's and must be copied if it is kept. */
  #consume(bytes: Uint8Array, borrowed: boolean): void {
    let input = bytes;
    if (this.#held.length > 0) {
      input = concat(this.#held, bytes);
      this.#held = EMPTY;
      borrowed = false;
      // A head grows line by line: without a new line end there is nothing new to find, but a target too long.
      const { maxHeadBytes, maxTargetBytes } = this.#port.limits.request;
      if (
        this.#exchange === undefined && !bytes.includes(LF) && input.length < maxHeadBytes &&
        (input.length <= maxTargetBytes || input.includes(LF))
      ) {
        this.#held = input;
        return;
      }
    }
    this.#consuming = true;
    let at = 0;
    try {
      while (at < input.length && !this.#lingering && !this.#socket.closed) {
        if (this.#exchange === undefined && this.#clogged) break;
        const next = this.#exchange === undefined
          ? this.#head(input, at)
          : this.#body(this.#exchange, input, at);
        if (next === at) break;
        at = next;
      }
    } catch (error) {
      at = input.length;
      this.#refuse(error);
    }
    this.#consuming = false;
    if (at >= input.length || this.#lingering || this.#socket.closed) {
      if (!this.#clientEnded) return;
      if (this.#exchange === undefined) this.#socket.close();
      else this.#cutIfTruncated();
      return;
    }
    this.#held = at === 0 && !borrowed ? input : input.slice(at);
    // A request under way takes no more: the kernel holds the rest, and the client with it.
    if (this.#exchange !== undefined || this.#clogged) this.#socket.pause();
    else if (this.#clientEnded) this.#socket.close();
  }

  /** Parses the head at `at`; returns `at` when it is not complete. */
  #head(input: Uint8Array, at: number): number {
    // A client may send an empty line before its request (RFC 9112 2.2).
    if (input[at] === CR && input[at + 1] === LF) {
      this.#headStartedAt = 0;
      if (this.#emptySince === 0) this.#emptySince = this.#watch.lastActivity;
      return at + 2;
    }
    const half = input[at] === CR && at + 1 === input.length;
    const head = half
      ? undefined
      : parseRequestHead(input, at, input.length, this.#port.limits.request, this.#lastLines);
    if (head === undefined) {
      if (this.#headStartedAt === 0) {
        this.#headStartedAt = this.#watch.lastActivity;
        this.#watch.within(this.#port.limits.headerReadMs);
      }
      return at;
    }
    this.#headStartedAt = 0;
    this.#emptySince = 0;
    this.#begin(head);
    return at + head.size;
  }

  #begin(head: RequestHead): void {
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

  #body(exchange: Exchange, input: Uint8Array, at: number): number {
    const { body } = exchange;
    if (body === undefined || body.complete) return at;
    const next = body.feed(input, at, input.length);
    if (this.#responder?.done === true) {
      if (body.complete) this.#nextRequest();
      else if (body.bytes > this.#discardBudget) this.#close();
    }
    return next;
  }

  /** What the client sent cannot be a request, or not the rest of one. */
  #refuse(cause: unknown): void {
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
    const body = `X-Error: ${error.status}\n`;
    const via = this.#port.compiled.viaLine;
    this.outbox.text(
      `HTTP/1.1 ${error.status} ${phraseOf(error.status)}\r\n${via}X-ALB-ERR-REASON: ${error.reason}\r\n` +
        `Content-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
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
    if (this.#consuming || this.#clogged) return;
    this.#socket.resume();
    if (this.#held.length > 0) this.#consumeHeld();
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
    this.#held = EMPTY;
    this.#socket.end();
    this.#socket.resume();
    this.#watch.within(LINGER_MS);
  }

  /** The shortest limit, after which the connection is looked at whatever it does. */
  #lookEvery(): number {
    const { limits, idleMs } = this.#port;
    if (this.#lingering) return LINGER_MS;
    return Math.min(idleMs, limits.headerReadMs, limits.bodyIdleMs, limits.sendIdleMs);
  }

  /** Ends what takes too long, for a client that has been silent for `silentMs`; answers when to look again. */
  #look(silentMs: number): number {
    const { limits, idleMs, wheel } = this.#port;
    const exchange = this.#exchange;
    let left = this.#lookEvery();
    let expire: () => void = () => {};
    if (this.#socket.pendingBytes > 0) {
      left = limits.sendIdleMs - silentMs;
      expire = () => {
        limits.hit?.("sendIdleMs");
        this.#socket.destroy();
      };
    } else if (this.#lingering) {
      left = LINGER_MS - silentMs;
      expire = () => this.#socket.close();
    } else if (exchange === undefined && this.#held.length > 0) {
      left = limits.headerReadMs - (wheel.now() - this.#headStartedAt);
      expire = () =>
        this.#refuse(timeout("headerReadMs", `head not complete within ${limits.headerReadMs} ms`));
    } else if (exchange === undefined) {
      left = idleMs - silentMs;
      let limit: LimitName = this.#port.draining ? "drainIdleMs" : "keepalive.http.timeout";
      // Empty lines ask for nothing: whoever goes on sending them is not idle, but not a client either.
      const emptyLeft = limits.headerReadMs - (wheel.now() - this.#emptySince);
      if (this.#emptySince !== 0 && emptyLeft < left) [left, limit] = [emptyLeft, "headerReadMs"];
      if (left <= 0 && !this.#lastLook) {
        // What has arrived while the event loop was busy is read before the next look.
        this.#lastLook = true;
        return 1;
      }
      expire = () => {
        limits.hit?.(limit);
        this.#close();
      };
    } else if (exchange.body?.complete === false && this.#held.length === 0) {
      left = limits.bodyIdleMs - silentMs;
      expire = () =>
        this.#refuse(timeout("bodyIdleMs", `no part of the body within ${limits.bodyIdleMs} ms`));
    }
    this.#lastLook = false;
    if (left > 0) return Math.min(left, this.#lookEvery());
    expire();
    return this.#socket.closed ? 0 : this.#lookEvery();
  }
}

function timeout(limit: "headerReadMs" | "bodyIdleMs", message: string): GatewayError {
  return new GatewayError("REQUEST_TIMEOUT", message, { limit });
}
