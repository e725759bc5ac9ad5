/** Sends one exchange to an endpoint of its upstream, and to others when that fails. */
import { GatewayError } from "../errors.ts";
import type { Fields } from "../http1/fields.ts";
import type { ResponseHead } from "../http1/response-head.ts";
import { trailerLines } from "../http1/serialize.ts";
import type { Timer, TimerWheel } from "../lib/timer-wheel.ts";
import type { Dial, DialHandler, Runtime, Socket } from "../runtimes/runtime.ts";
import type { Attempt } from "../telemetry/record.ts";
import type { LiveUpstream, UpstreamEndpoint } from "../upstreams/upstream.ts";
import type { AnswerConsumer, AnswerSink, BodySource } from "./answer.ts";
import { dialError, noEndpoints } from "./attempt-errors.ts";
import type { CompiledRoute } from "./compiled.ts";
import type { Exchange } from "./exchange.ts";
import type { ProxyLimits } from "./limits.ts";
import type { BodySink } from "./request-body.ts";
import { decideRetry } from "./retry.ts";
import { isOffered } from "./upgrade-offer.ts";
import { UpstreamConnection } from "./upstream-connection.ts";
import { upstreamHead } from "./upstream-head.ts";

type Endpoint = UpstreamEndpoint<UpstreamConnection>;

/** How long the gateway waits for the upstream's 100 before it sends its own (rulings: streaming). */
const CONTINUE_AFTER_MS = 1000;

export interface ForwardContext {
  readonly runtime: Runtime;
  readonly wheel: TimerWheel;
  readonly limits: ProxyLimits;
}

const NONE: readonly Endpoint[] = [];

export class Forward implements AnswerSink, BodySink, BodySource {
  readonly #context: ForwardContext;
  readonly #exchange: Exchange;
  readonly #route: CompiledRoute;
  readonly #consumer: AnswerConsumer;
  /** Those before the present one; undefined = none. */
  #tried: Endpoint[] | undefined;
  #endpoint: Endpoint | undefined;
  #connection: UpstreamConnection | undefined;
  #attempt: Attempt | undefined;
  #startedAt = 0;
  #attemptStart = 0;
  #dial: Dial | undefined;
  #dialTimer: Timer | undefined;
  #continueTimer: Timer | undefined;
  #headText: string | undefined;
  #repeated = false;
  #answered = false;
  #done = false;

  constructor(context: ForwardContext, exchange: Exchange, route: CompiledRoute, consumer: AnswerConsumer) {
    this.#context = context;
    this.#exchange = exchange;
    this.#route = route;
    this.#consumer = consumer;
  }

  start(): void {
    this.#consumer.begin(this);
    if (this.#exchange.head.expectContinue) {
      this.#continueTimer = this.#context.wheel.timer(() => this.#consumer.continue());
      this.#continueTimer.arm(CONTINUE_AFTER_MS);
    }
    this.#next(undefined);
  }

  pause(): void {
    this.#connection?.pause();
  }

  resume(): void {
    this.#connection?.resume();
  }

  /** Nobody wants the answer any more. */
  abort(): void {
    if (this.#done) return;
    this.#finish();
    this.#dial?.cancel();
    this.#dialTimer?.cancel();
    this.#connection?.abort();
  }

  // Answer, from the upstream connection.

  onInformational(head: ResponseHead): void {
    if (!this.#done) this.#consumer.informational(head);
  }

  onHead(head: ResponseHead): void {
    if (this.#done) return;
    this.#answered = true;
    this.#continueTimer?.cancel();
    this.#answeredWith(head.status);
    this.#consumer.head(head, this.#connection?.received ?? 0);
  }

  onData(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#done) this.#consumer.data(bytes, start, end);
  }

  onBatch(): void {
    if (!this.#done) this.#consumer.batch();
  }

  onEnd(trailers: Fields | undefined): void {
    if (this.#done) return;
    this.#finish();
    this.#consumer.end(trailers);
  }

  onUpgrade(head: ResponseHead, socket: Socket, rest: Uint8Array): void {
    if (this.#done) return socket.destroy();
    this.#finish();
    this.#answeredWith(head.status);
    if (!isOffered(this.#exchange.head.upgrade, head)) {
      socket.destroy();
      this.#consumer.fail(new GatewayError("UPSTREAM_PROTOCOL", "protocol switch that was not asked for"));
      return;
    }
    this.#consumer.upgraded(head, socket, rest);
  }

  onFailure(error: GatewayError): void {
    const connection = this.#connection;
    const stale = connection?.stale === true && error.code === "UPSTREAM_RESET";
    this.#exchange.upstreamBytes += connection?.received ?? 0;
    this.#connection = undefined;
    this.#failed(error, true, stale);
  }

  onWritable(): void {
    this.#exchange.upstreamBody?.resume();
  }

  // Request body, from the client connection.

  onBodyData(bytes: Uint8Array, start: number, end: number): void {
    const connection = this.#connection;
    if (connection === undefined || this.#done) return;
    if (this.#exchange.upstreamBody?.framing.kind === "chunked") {
      connection.text(`${(end - start).toString(16)}\r\n`);
      connection.data(bytes, start, end);
      connection.text("\r\n");
    } else {
      connection.data(bytes, start, end);
    }
  }

  onBodyBatch(): boolean {
    return this.#connection?.flush() ?? true;
  }

  onBodyEnd(trailers: Fields | undefined): void {
    const connection = this.#connection;
    if (connection === undefined || this.#done) return;
    if (this.#exchange.upstreamBody?.framing.kind === "chunked") {
      const removed = this.#exchange.pendingRequestEdits?.removedKeys;
      connection.text(`0\r\n${trailerLines(trailers, removed)}\r\n`);
    }
    connection.finish();
  }

  // Attempts.

  get #upstream(): LiveUpstream<UpstreamConnection> {
    return this.#route.upstream as LiveUpstream<UpstreamConnection>;
  }

  #next(last: GatewayError | undefined): void {
    const upstream = this.#upstream;
    if (this.#endpoint !== undefined) (this.#tried ??= []).push(this.#endpoint);
    const endpoint = upstream.pick(this.#tried ?? NONE, this.#exchange);
    if (endpoint === undefined) {
      this.#giveUp(last ?? noEndpoints(upstream));
      return;
    }
    this.#endpoint = endpoint;
    this.#begin(endpoint, endpoint.pool.take(this.#serverName(endpoint)));
  }

  #begin(endpoint: Endpoint, pooled: UpstreamConnection | undefined): void {
    this.#attemptStart = this.#context.wheel.recent;
    if (this.#startedAt === 0) this.#startedAt = this.#attemptStart;
    this.#attempt = {
      endpoint: endpoint.pool.label,
      reused: pooled !== undefined,
      status: 0,
      error: "",
      headMs: 0,
    };
    this.#exchange.attempts.push(this.#attempt);
    if (pooled === undefined) this.#connect(endpoint);
    else this.#send(pooled);
  }

  #connect(endpoint: Endpoint): void {
    const { runtime, wheel } = this.#context;
    const { connectMs } = this.#route.route.timeouts;
    const timer = this.#dialTimer = wheel.timer(() => {
      this.#dial?.cancel();
      endpoint.pool.failures++;
      this.#failed(new GatewayError("CONNECT_TIMEOUT", `no connection within ${connectMs} ms`), false, false);
    });
    timer.arm(connectMs);
    const { host, port, tls } = endpoint.pool;
    const serverName = this.#serverName(endpoint);
    const handler: DialHandler = {
      onConnect: (socket) => {
        wheel.now();
        timer.cancel();
        // They would live as long as the exchange.
        this.#dial = this.#dialTimer = undefined;
        const connection = new UpstreamConnection(socket, endpoint.pool, serverName, this.#context);
        if (this.#done) connection.discard();
        else this.#send(connection);
      },
      onError: (code) => {
        wheel.now();
        timer.cancel();
        endpoint.pool.failures++;
        if (!this.#done) this.#failed(dialError(code), false, false);
      },
    };
    this.#dial = tls === null
      ? runtime.connectTcp({ host, port }, handler)
      : runtime.connectTls({ host, port, serverName, verify: tls.verify, ca: tls.ca }, handler);
  }

  /** What TLS asks the endpoint for: the configured name, or the Host that it gets (data-plane spec 3.8). */
  #serverName({ pool: { tls } }: Endpoint): string {
    return tls === null ? "" : tls.serverName ?? this.#exchange.upstreamServerName;
  }

  #send(connection: UpstreamConnection): void {
    this.#connection = connection;
    this.#exchange.sentAt = this.#context.wheel.recent;
    this.#headText ??= upstreamHead(this.#exchange);
    connection.send(this, this.#exchange.upstreamMethod, this.#headText, this.#route.route.timeouts);
    const body = this.#exchange.upstreamBody;
    if (body === undefined) connection.finish();
    else body.attach(this);
    connection.flush();
  }

  #failed(error: GatewayError, sent: boolean, staleConnection: boolean): void {
    if (this.#done) return;
    this.#settle(0, error.code);
    // A connection that died while it idled says nothing about the endpoint.
    if (!staleConnection) this.#upstream.failed(this.#endpoint as Endpoint);
    if (this.#answered) return this.#giveUp(error);
    const { upstreamBody: body, upstreamMethod: method } = this.#exchange;
    body?.detach();
    const decision = decideRetry({
      error,
      method,
      sent,
      staleConnection,
      bodyReplayable: body === undefined || body.replayable,
      alreadyRepeated: this.#repeated,
      attempts: this.#exchange.attempts.length,
      elapsedMs: this.#context.wheel.now() - this.#startedAt,
    }, this.#route.route.retry);
    if (decision === "repeat") {
      this.#repeated = true;
      this.#begin(this.#endpoint as Endpoint, undefined);
    } else if (decision === "next") {
      this.#next(error);
    } else {
      this.#giveUp(error);
    }
  }

  #answeredWith(status: number): void {
    this.#settle(status, "");
    this.#exchange.headAt = this.#context.wheel.recent;
    this.#upstream.answered(this.#endpoint as Endpoint, this.#exchange, this.#attempt?.headMs ?? 0);
  }

  #settle(status: number, error: string): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    attempt.status = status;
    attempt.error = error;
    attempt.headMs = this.#context.wheel.recent - this.#attemptStart;
  }

  #giveUp(error: GatewayError): void {
    this.#finish();
    this.#consumer.fail(error);
  }

  #finish(): void {
    this.#done = true;
    this.#continueTimer?.cancel();
    this.#exchange.upstreamBytes += this.#connection?.received ?? 0;
  }
}
