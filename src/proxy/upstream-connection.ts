/** The client side of HTTP/1.1: one connection to an endpoint, one request at a time, pooled in between. */
import { GatewayError } from "../errors.ts";
import { ChunkedDecoder } from "../http1/chunked.ts";
import type { Fields, HeadLimits } from "../http1/fields.ts";
import { Repeated } from "../http1/repeated.ts";
import { parseResponseHead, type ResponseHead } from "../http1/response-head.ts";
import { concat } from "../lib/bytes.ts";
import type { TimerWheel } from "../lib/timer-wheel.ts";
import type { Socket, SocketHandler } from "../runtimes/runtime.ts";
import type { Timeouts } from "../table/table.ts";
import type { EndpointPool, Poolable } from "../upstreams/pool.ts";
import type { AnswerSink } from "./answer.ts";
import { IdleWatch } from "./idle-watch.ts";
import type { ProxyLimits } from "./limits.ts";
import { Outbox } from "./outbox.ts";

type State = "idle" | "head" | "body" | "dead";

const EMPTY = new Uint8Array(0);

export interface UpstreamConnectionOptions {
  readonly limits: ProxyLimits;
  readonly wheel: TimerWheel;
}

export class UpstreamConnection implements SocketHandler, Poolable {
  readonly pool: EndpointPool<UpstreamConnection>;
  readonly serverName: string;
  readonly #socket: Socket;
  readonly #outbox: Outbox;
  readonly #limits: ProxyLimits;
  readonly #headLimits: HeadLimits;
  readonly #wheel: TimerWheel;
  readonly #watch: IdleWatch;
  #state: State = "idle";
  #sink: AnswerSink | undefined;
  #method = "";
  #timeouts: Timeouts | undefined;
  #head: ResponseHead | undefined;
  readonly #lastHead = new Repeated<ResponseHead>();
  /** Bytes of an answer head that is not complete yet. */
  #held: Uint8Array = EMPTY;
  #remaining = 0;
  #decoder: ChunkedDecoder | undefined;
  #requestComplete = true;
  #blocked = false;
  #paused = false;
  #served = 0;
  #begun = false;
  /** Bytes of the answer under way, head included. */
  received = 0;

  /** @param serverName asked for in the handshake; "" without TLS */
  constructor(
    socket: Socket,
    pool: EndpointPool<UpstreamConnection>,
    serverName: string,
    options: UpstreamConnectionOptions,
  ) {
    this.#socket = socket;
    this.pool = pool;
    this.serverName = serverName;
    this.#limits = options.limits;
    this.#headLimits = {
      maxHeadBytes: options.limits.maxResponseHeadBytes,
      maxFields: options.limits.request.maxFields,
    };
    this.#wheel = options.wheel;
    this.#outbox = new Outbox(socket);
    this.#watch = new IdleWatch(options.wheel, socket, (silentMs) => this.#look(silentMs));
    socket.handler = this;
  }

  /** Whether it has served a request before the one under way, of whose answer no byte has come. */
  get stale(): boolean {
    return this.#served > 1 && this.received === 0 && !this.#begun;
  }

  /** Starts a request. The body, if any, follows through {@link write} and {@link finish}. */
  send(sink: AnswerSink, method: string, headText: string, timeouts: Timeouts): void {
    this.#sink = sink;
    this.#method = method;
    this.#timeouts = timeouts;
    this.#state = "head";
    this.#head = undefined;
    this.#requestComplete = false;
    this.received = 0;
    this.#begun = false;
    this.#served++;
    this.pool.requests++;
    this.pool.active++;
    this.#outbox.text(headText);
    this.#watch.touch(this.#wheel.recent);
    this.#watch.within(Math.min(timeouts.readMs, timeouts.sendMs));
  }

  /** Writes request text (chunk sizes, trailers). */
  text(text: string): void {
    this.#outbox.text(text);
  }

  /** Writes request bytes. */
  data(bytes: Uint8Array, start: number, end: number): void {
    this.#outbox.data(bytes, start, end);
  }

  /** Hands what was written to the kernel; false = wait for `onWritable`. */
  flush(): boolean {
    const writable = this.#outbox.flush();
    this.#watch.touch(this.#wheel.recent);
    if (!writable) this.#blocked = true;
    return writable;
  }

  /** The whole request has been written. */
  finish(): void {
    this.#requestComplete = true;
  }

  /** Stops reading the answer, because the client is slow. */
  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#watch.touch();
    this.#socket.resume();
  }

  /** Ends the exchange without an answer; the connection cannot be used again. */
  abort(): void {
    this.#detach();
    this.#die();
  }

  discard(): void {
    this.#die();
  }

  onData(bytes: Uint8Array): void {
    if (this.#state === "idle" || this.#state === "dead") {
      // An answer that nobody asked for: whatever it is, it must not become somebody's (RFC 9112 9.2).
      this.pool.remove(this);
      this.#die();
      return;
    }
    this.#watch.touch();
    const sink = this.#sink;
    try {
      this.#consume(bytes);
    } catch (error) {
      if (error instanceof GatewayError && error.limit !== undefined) {
        // The parser of trailers knows no more than that they are too long.
        const { limit } = error;
        this.#limits.hit?.(limit === "request.maxHeadBytes" ? "maxResponseHeadBytes" : limit);
      }
      this.#fail(
        error instanceof GatewayError
          ? protocolError(error)
          : new GatewayError("INTERNAL", "answer could not be read", { cause: error }),
      );
    }
    sink?.onBatch();
  }

  onDrain(): void {
    this.#blocked = false;
    this.#watch.touch();
    this.#sink?.onWritable();
  }

  onEnd(): void {
    this.#closed("connection closed");
  }

  onClose(error: Error | undefined): void {
    this.#closed(error === undefined ? "connection closed" : "connection reset", error);
  }

  #consume(bytes: Uint8Array): void {
    let input = bytes;
    if (this.#held.length > 0) {
      input = concat(this.#held, bytes);
      this.#held = EMPTY;
    }
    let at = 0;
    while (this.#state === "head") {
      const head = parseResponseHead(input, at, input.length, this.#method, this.#headLimits, this.#lastHead);
      if (head === undefined) {
        this.#held = at === 0 && input !== bytes ? input : input.slice(at);
        this.#begun ||= this.#held.length > 0;
        return;
      }
      at += head.size;
      this.received += head.size;
      if (head.status === 101) {
        this.#upgrade(head, input.slice(at));
        return;
      }
      if (head.status >= 200) {
        this.#begin(head);
      } else if (this.received > this.#limits.maxResponseHeadBytes) {
        // Each of them would start the read timeout anew, and an endpoint could go on for ever.
        throw new GatewayError("UPSTREAM_PROTOCOL", "too many 1xx answers");
      } else {
        this.#sink?.onInformational(head);
      }
    }
    // The sink may have given up when it saw the head.
    if (this.#state === "body") this.#body(input, at);
  }

  #begin(head: ResponseHead): void {
    this.#state = "body";
    this.#head = head;
    const { framing } = head;
    this.#remaining = framing.kind === "length" ? framing.length : 0;
    this.#decoder = framing.kind === "chunked" ? new ChunkedDecoder(this.#headLimits) : undefined;
    this.#sink?.onHead(head);
  }

  #body(input: Uint8Array, at: number): void {
    const end = input.length;
    this.received += end - at;
    switch (this.#head?.framing.kind) {
      case "none":
        this.#complete(undefined, at === end);
        return;
      case "length": {
        const stop = Math.min(end, at + this.#remaining);
        this.#remaining -= stop - at;
        if (stop > at) this.#sink?.onData(input, at, stop);
        if (this.#remaining === 0 && this.#state === "body") this.#complete(undefined, stop === end);
        return;
      }
      case "chunked": {
        const decoder = this.#decoder as ChunkedDecoder;
        const stop = decoder.decode(input, at, end, this.#sink as AnswerSink);
        if (decoder.done && this.#state === "body") this.#complete(decoder.trailers, stop === end);
        return;
      }
      case "close":
        if (end > at) this.#sink?.onData(input, at, end);
        return;
    }
  }

  /** The answer is whole. `clean`: nothing came behind it. */
  #complete(trailers: Fields | undefined, clean: boolean): void {
    const sink = this.#sink;
    const couldGoOn = clean && this.#requestComplete && this.#head?.keepAlive === true &&
      !this.#socket.closed && this.#socket.pendingBytes === 0;
    const reusable = couldGoOn && this.#served < this.#limits.requestsPerUpstreamConnection;
    this.#detach();
    if (reusable) {
      this.#state = "idle";
      this.resume();
      this.#watch.touch(this.#wheel.recent);
      this.#watch.within(this.#limits.upstreamIdleMs);
      if (!this.pool.put(this)) this.#die();
    } else {
      if (couldGoOn) this.#limits.hit?.("requestsPerUpstreamConnection");
      this.#die();
    }
    sink?.onEnd(trailers);
  }

  #upgrade(head: ResponseHead, rest: Uint8Array): void {
    const sink = this.#sink;
    this.#detach();
    this.#state = "dead";
    this.#watch.cancel();
    sink?.onUpgrade(head, this.#socket, rest);
  }

  #closed(reason: string, cause?: Error): void {
    const state = this.#state;
    if (state === "dead") return;
    if (state === "idle") {
      this.pool.remove(this);
    } else if (state === "body" && this.#head?.framing.kind === "close" && cause === undefined) {
      this.#complete(undefined, false);
      return;
    } else {
      this.#fail(
        new GatewayError(
          "UPSTREAM_RESET",
          `${reason} before the ${state === "head" ? "answer" : "end of the answer"}`,
          { cause },
        ),
      );
      return;
    }
    this.#die();
  }

  #fail(error: GatewayError): void {
    const sink = this.#sink;
    this.#detach();
    this.#die();
    this.pool.failures++;
    sink?.onFailure(error);
  }

  #detach(): void {
    if (this.#sink === undefined) return;
    this.#sink = undefined;
    this.#held = EMPTY;
    this.pool.active--;
  }

  #die(): void {
    this.#state = "dead";
    this.#watch.cancel();
    this.#socket.destroy();
  }

  /** Ends what takes too long, for an endpoint that has been silent for `silentMs`; answers when to look again. */
  #look(silentMs: number): number {
    if (this.#state === "dead") return 0;
    if (this.#state === "idle") {
      const left = this.#limits.upstreamIdleMs - silentMs;
      if (left > 0) return left;
      this.#limits.hit?.("upstreamIdleMs");
      this.pool.remove(this);
      this.#die();
      return 0;
    }
    const { readMs, sendMs } = this.#timeouts as Timeouts;
    // Waiting for the client, not for the endpoint: its slowness has limits of its own.
    const waitsForClient = this.#paused || (!this.#requestComplete && !this.#blocked);
    if (waitsForClient) return Math.min(readMs, sendMs);
    const left = (this.#blocked ? sendMs : readMs) - silentMs;
    if (left > 0) return left;
    this.#fail(
      this.#blocked
        ? new GatewayError("SEND_TIMEOUT", `request not taken within ${sendMs} ms`)
        : new GatewayError("READ_TIMEOUT", `no answer within ${readMs} ms`),
    );
    return 0;
  }
}

/** Whatever the parser found wrong, towards the client it is the upstream's fault. */
function protocolError(error: GatewayError): GatewayError {
  return error.code === "UPSTREAM_PROTOCOL"
    ? error
    : new GatewayError("UPSTREAM_PROTOCOL", error.message, { cause: error });
}
