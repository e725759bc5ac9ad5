/** The client side of HTTP/1.1: one connection to an endpoint, one request at a time, pooled in between. */
import { GatewayError } from "../errors.ts";
import type { Fields } from "../http1/fields.ts";
import type { ResponseHead } from "../http1/response-head.ts";
import type { TimerWheel } from "../lib/timer-wheel.ts";
import type { Socket, SocketHandler } from "../runtimes/runtime.ts";
import type { Timeouts } from "../table/table.ts";
import type { EndpointPool, Poolable } from "../upstreams/pool.ts";
import type { AnswerSink } from "./answer.ts";
import { type AnswerOwner, AnswerReader } from "./answer-reader.ts";
import { IdleWatch, type Watched } from "./idle-watch.ts";
import type { ProxyLimits } from "./limits.ts";
import { Outbox } from "./outbox.ts";

type State = "idle" | "busy" | "dead";

export interface UpstreamConnectionOptions {
  readonly limits: ProxyLimits;
  readonly wheel: TimerWheel;
}

export class UpstreamConnection implements SocketHandler, Poolable, AnswerOwner, Watched {
  readonly pool: EndpointPool<UpstreamConnection>;
  readonly serverName: string;
  readonly #socket: Socket;
  readonly #outbox: Outbox;
  readonly #limits: ProxyLimits;
  readonly #wheel: TimerWheel;
  readonly #watch: IdleWatch;
  readonly #answer: AnswerReader;
  #state: State = "idle";
  #timeouts: Timeouts | undefined;
  #requestComplete = true;
  #blocked = false;
  #paused = false;
  #served = 0;

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
    this.#wheel = options.wheel;
    this.#outbox = new Outbox(socket);
    this.#answer = new AnswerReader(this, options.limits);
    this.#watch = new IdleWatch(options.wheel, socket, this);
    socket.handler = this;
  }

  /** Whether it has served a request before the one under way, of whose answer no byte has come. */
  get stale(): boolean {
    return this.#served > 1 && this.received === 0 && !this.#answer.begun;
  }

  /** Bytes of the answer under way, head included. */
  get received(): number {
    return this.#answer.received;
  }

  /** Starts a request. The body, if any, follows through {@link write} and {@link finish}. */
  send(sink: AnswerSink, method: string, headText: string, timeouts: Timeouts): void {
    this.#answer.expect(sink, method);
    this.#timeouts = timeouts;
    this.#state = "busy";
    this.#requestComplete = false;
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
    if (this.#state !== "busy") {
      // An answer that nobody asked for: whatever it is, it must not become somebody's (RFC 9112 9.2).
      this.pool.remove(this);
      this.#die();
      return;
    }
    this.#watch.touch();
    const { sink } = this.#answer;
    try {
      this.#answer.read(bytes);
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
    this.#answer.sink?.onWritable();
  }

  onEnd(): void {
    this.#closed("connection closed");
  }

  onClose(error: Error | undefined): void {
    this.#closed(error === undefined ? "connection closed" : "connection reset", error);
  }

  onWhole(trailers: Fields | undefined, isClean: boolean): void {
    const couldGoOn = isClean && this.#requestComplete && this.#answer.head?.keepAlive === true &&
      !this.#socket.closed && this.#socket.pendingBytes === 0;
    const reusable = couldGoOn && this.#served < this.#limits.requestsPerUpstreamConnection;
    const sink = this.#detach();
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

  onSwitch(head: ResponseHead, rest: Uint8Array): void {
    const sink = this.#detach();
    this.#state = "dead";
    this.#watch.cancel();
    sink?.onUpgrade(head, this.#socket, rest);
  }

  #closed(reason: string, cause?: Error): void {
    if (this.#state === "dead") return;
    if (this.#state === "idle") {
      this.pool.remove(this);
      return this.#die();
    }
    const { head } = this.#answer;
    if (head?.framing.kind === "close" && cause === undefined) return this.onWhole(undefined, false);
    const what = head === undefined ? "answer" : "end of the answer";
    this.#fail(new GatewayError("UPSTREAM_RESET", `${reason} before the ${what}`, { cause }));
  }

  #fail(error: GatewayError): void {
    const sink = this.#detach();
    this.#die();
    this.pool.failures++;
    sink?.onFailure(error);
  }

  /** Answers who was attached. */
  #detach(): AnswerSink | undefined {
    const sink = this.#answer.stop();
    if (sink !== undefined) this.pool.active--;
    return sink;
  }

  #die(): void {
    this.#state = "dead";
    this.#watch.cancel();
    this.#socket.destroy();
  }

  /** Ends what takes too long, for an endpoint that has been silent for `silentMs`; answers when to look again. */
  look(silentMs: number): number {
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
