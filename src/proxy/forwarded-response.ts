/**
 * The Response of an upstream as middlewares see it. As long as nobody touches the body, the bytes go from socket to
 * socket; a web stream is built only when a middleware asks for it.
 */
import { GatewayError } from "../errors.ts";
import type { Fields } from "../http1/fields.ts";
import { FieldId } from "../http1/known.ts";
import type { ResponseHead } from "../http1/response-head.ts";
import type { Socket } from "../runtimes/runtime.ts";
import type { AnswerConsumer, BodySource } from "./answer.ts";
import { TrackedHeaders } from "./light-request.ts";
import type { Responder } from "./responder.ts";

/** Bytes a web stream holds before the upstream is told to wait. */
const STREAM_HIGH_WATER = 64 * 1024;

/** Fields of a head that a middleware must not see or set: the gateway frames the answer anew. */
const FRAMING = new Set<number>([
  FieldId.CONNECTION,
  FieldId.KEEP_ALIVE,
  FieldId.PROXY_CONNECTION,
  FieldId.TRANSFER_ENCODING,
  FieldId.UPGRADE,
  FieldId.TE,
]);

/** Web streams that are upstreams' bodies, and what these announced. */
const LENGTHS = new WeakMap<ReadableStream, number>();

/** Length of a body that is an upstream's as it came; undefined for any other, whatever its head says. */
export function upstreamLength(body: ReadableStream): number | undefined {
  return LENGTHS.get(body);
}

/** Takes an upstream's answer and keeps the body back until it is known who wants it. */
export class ForwardedBody implements AnswerConsumer {
  readonly #responder: Responder;
  #source: BodySource | undefined;
  readonly #resolve: (answer: ForwardedResponse | GatewayError) => void;
  #response: ForwardedResponse | undefined;
  /** Payload that arrived before anybody took the body. */
  #held: Uint8Array<ArrayBuffer>[] = [];
  #state: "open" | "ended" | "failed" = "open";
  #trailers: Fields | undefined;
  #error: GatewayError | undefined;
  #relaying = false;
  #stream: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  received = 0;

  /** `resolve` gets the response, or why there is none. */
  constructor(responder: Responder, resolve: (answer: ForwardedResponse | GatewayError) => void) {
    this.#responder = responder;
    this.#resolve = resolve;
  }

  begin(source: BodySource): void {
    this.#source = source;
    this.#responder.begin({
      pause: () => source.pause(),
      resume: () => source.resume(),
      abort: () => {
        source.abort();
        // Whoever waits for the head or reads the body must learn that nothing more comes.
        this.fail(new GatewayError("CLIENT_ABORTED", "client closed the connection"));
      },
    });
  }

  informational(head: ResponseHead): void {
    this.#responder.informational(head);
  }

  continue(): void {
    this.#responder.continue();
  }

  head(head: ResponseHead, received: number): void {
    this.received = received;
    this.#response = new ForwardedResponse(head, this);
    this.#source?.pause();
    this.#resolve(this.#response);
  }

  data(bytes: Uint8Array, start: number, end: number): void {
    if (this.#relaying) return this.#responder.data(bytes, start, end);
    const chunk = bytes.slice(start, end) as Uint8Array<ArrayBuffer>;
    if (this.#stream === undefined) this.#held.push(chunk);
    else this.#stream.enqueue(chunk);
    if ((this.#stream?.desiredSize ?? 0) <= 0) this.#source?.pause();
  }

  batch(): void {
    if (this.#relaying) this.#responder.batch();
  }

  end(trailers: Fields | undefined): void {
    this.#state = "ended";
    this.#trailers = trailers;
    if (this.#relaying) this.#responder.end(trailers);
    else this.#stream?.close();
  }

  fail(error: GatewayError): void {
    if (this.#state !== "open") return;
    this.#state = "failed";
    this.#error = error;
    if (this.#response === undefined) this.#resolve(error);
    else if (this.#relaying) this.#responder.fail(error);
    else this.#stream?.error(error);
  }

  upgraded(head: ResponseHead, socket: Socket, rest: Uint8Array): void {
    this.#responder.upgraded(head, socket, rest);
    this.#resolve(new ForwardedResponse(head, this));
  }

  /** Sends the body to the client as it comes; the head has been written. */
  relay(): void {
    this.#relaying = true;
    for (const chunk of this.#held.splice(0)) this.#responder.data(chunk, 0, chunk.length);
    if (this.#state === "ended") return this.#responder.end(this.#trailers);
    if (this.#state === "failed") return this.#responder.fail(this.#error as GatewayError);
    // In this order: a client that is slow already pauses it again.
    this.#source?.resume();
    this.#responder.batch();
  }

  /** The body as a web stream. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        for (const chunk of this.#held.splice(0)) controller.enqueue(chunk);
        if (this.#state === "ended") controller.close();
        else if (this.#state === "failed") controller.error(this.#error);
        else this.#stream = controller;
      },
      pull: () => this.#source?.resume(),
      cancel: () => this.discard(),
    }, { highWaterMark: STREAM_HIGH_WATER, size: (chunk) => chunk.byteLength });
    const framing = this.#response?.head.framing;
    if (framing?.kind === "length") LENGTHS.set(stream, framing.length);
    return stream;
  }

  /** Nobody wants the body. */
  discard(): void {
    this.#held = [];
    if (this.#state === "open") this.#source?.abort();
  }
}

export class ForwardedResponse {
  readonly head: ResponseHead;
  readonly forwarded: ForwardedBody;
  #headers: TrackedHeaders | undefined;
  #native: Response | undefined;

  constructor(head: ResponseHead, forwarded: ForwardedBody) {
    this.head = head;
    this.forwarded = forwarded;
  }

  get status(): number {
    return this.head.status;
  }

  get statusText(): string {
    return this.head.reasonPhrase;
  }

  get ok(): boolean {
    return this.head.status >= 200 && this.head.status < 300;
  }

  get headers(): Headers {
    if (this.#headers !== undefined) return this.#headers;
    const { fields, named } = this.head;
    const headers = new TrackedHeaders();
    for (let index = 0; index < fields.count; index++) {
      const name = fields.name(index);
      if (FRAMING.has(fields.id(index)) || named.includes(name.toLowerCase())) continue;
      headers.append(name, fields.value(index));
    }
    headers.changed = false;
    return this.#headers = headers;
  }

  /** Whether head and body are still as the upstream sent them. */
  get untouched(): boolean {
    return this.#native === undefined && this.#headers?.changed !== true;
  }

  /** Whether the body is still with the upstream's connection. */
  get bodyUntouched(): boolean {
    return this.#native === undefined;
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.native.body;
  }

  get bodyUsed(): boolean {
    return this.#native?.bodyUsed ?? false;
  }

  /** The same as a real Response. */
  get native(): Response {
    if (this.#native !== undefined) return this.#native;
    const { status, reasonPhrase, framing } = this.head;
    const body = framing.kind === "none" ? null : this.forwarded.stream();
    // `Response` knows 200 to 599 only; whatever else an upstream invents is a server's error (RFC 9110 15).
    const known = status >= 200 && status <= 599 ? status : 502;
    return this.#native = new Response(body, {
      status: known,
      statusText: reasonPhrase,
      headers: this.headers,
    });
  }

  clone(): Response {
    return this.native.clone();
  }
}

for (const name of ["text", "json", "arrayBuffer", "blob", "bytes", "formData"] as const) {
  Object.defineProperty(ForwardedResponse.prototype, name, {
    value: function (this: ForwardedResponse) {
      return (this.native as unknown as Record<string, () => unknown>)[name]?.();
    },
  });
}
for (const name of ["redirected", "type", "url"]) {
  Object.defineProperty(ForwardedResponse.prototype, name, {
    get(this: ForwardedResponse) {
      return (this.native as unknown as Record<string, unknown>)[name];
    },
  });
}
Object.setPrototypeOf(ForwardedResponse, Response);
Object.setPrototypeOf(ForwardedResponse.prototype, Response.prototype);
