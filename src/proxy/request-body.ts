/**
 * The body of one request on its way from the client's connection to whoever takes it: the upstream, or a middleware.
 * What fits into the replay limit is kept, so that a failed attempt can be repeated.
 */
import { GatewayError } from "../errors.ts";
import { ChunkedDecoder, type ChunkSink } from "../http1/chunked.ts";
import { ByteBuffer } from "../lib/byte-buffer.ts";
import type { Fields } from "../http1/fields.ts";
import type { BodyFraming } from "../http1/framing.ts";
import type { ProxyLimits } from "./limits.ts";

export interface BodySink {
  /** Payload in `bytes[start..end)`, valid during the call. */
  onBodyData(bytes: Uint8Array, start: number, end: number): void;
  /** All that one read brought has been handed over. False = hold the rest until {@link RequestBody.resume}. */
  onBodyBatch(): boolean;
  onBodyEnd(trailers: Fields | undefined): void;
}

/** What the body asks of the connection that feeds it. */
export interface BodyFeeder {
  /** Start (again) to feed. */
  resumeBody(): void;
}

export class RequestBody implements ChunkSink {
  readonly framing: BodyFraming;
  readonly #feeder: BodyFeeder;
  readonly #decoder: ChunkedDecoder | undefined;
  #remaining: number;
  #sink: BodySink | undefined;
  #discarding = false;
  /** Everything received so far, while it fits; undefined once it did not. */
  #kept: ByteBuffer | undefined = new ByteBuffer();
  #keptLimit: number;
  readonly #limits: ProxyLimits;
  readonly #maxBytes: number;
  #writable = true;
  trailers: Fields | undefined;
  complete = false;
  /** Payload bytes received. */
  bytes = 0;

  constructor(framing: BodyFraming, feeder: BodyFeeder, limits: ProxyLimits) {
    this.framing = framing;
    this.#feeder = feeder;
    this.#limits = limits;
    this.#maxBytes = limits.maxBodyBytes === 0 ? Infinity : limits.maxBodyBytes;
    this.#keptLimit = limits.maxReplayBytes;
    this.#remaining = framing.kind === "length" ? framing.length : 0;
    this.#decoder = framing.kind === "chunked" ? new ChunkedDecoder(limits.request) : undefined;
    if (framing.kind === "length" && framing.length === 0) this.complete = true;
  }

  /** Whether the head already says that it is longer than allowed. */
  get announcedTooLarge(): boolean {
    return this.framing.kind === "length" && this.framing.length > this.#maxBytes;
  }

  /** To be thrown when more arrives, or is announced, than is allowed. */
  tooLarge(): GatewayError {
    const message = `request body of more than ${this.#maxBytes} bytes`;
    return new GatewayError("BODY_TOO_LARGE", message, { limit: "maxBodyBytes" });
  }

  /** Whether a new sink would see the body from its first byte. */
  get replayable(): boolean {
    return this.#kept !== undefined;
  }

  /** Raises how much is kept, for a middleware that reads the body before it is forwarded. */
  keepUpTo(bytes: number): void {
    this.#keptLimit = Math.max(this.#keptLimit, bytes);
  }

  /**
   * Takes input from the connection; returns the offset up to which it was consumed, which is `at` when nobody can
   * take it now. Throws {@link GatewayError} on malformed chunks and on a body that is too large.
   */
  feed(bytes: Uint8Array, at: number, end: number): number {
    if (!this.#hasRoom()) return at;
    if (this.#decoder === undefined) {
      const stop = Math.min(end, at + this.#remaining);
      this.#remaining -= stop - at;
      this.onData(bytes, at, stop);
      at = stop;
      if (this.#remaining === 0) this.#finish(undefined);
    } else {
      at = this.#decoder.decode(bytes, at, end, this);
      if (this.#decoder.done) this.#finish(this.#decoder.trailers);
    }
    this.#flush();
    return at;
  }

  /** @internal Called by the decoder. */
  onData(bytes: Uint8Array, start: number, end: number): void {
    this.bytes += end - start;
    if (this.bytes > this.#maxBytes) throw this.tooLarge();
    if (this.#discarding) return;
    // Without a sink the bytes have no other place, so the limit may be passed by what one read brings.
    if (this.bytes <= this.#keptLimit || this.#sink === undefined) this.#kept?.append(bytes, start, end);
    else this.#forget();
    this.#sink?.onBodyData(bytes, start, end);
  }

  /** Gives the body to `sink` from its first byte on; the former sink hears nothing more. Only while {@link replayable}. */
  attach(sink: BodySink): void {
    this.#sink = sink;
    this.#writable = true;
    const kept = this.#kept;
    if (kept !== undefined && kept.length > 0) sink.onBodyData(kept.bytes, 0, kept.length);
    if (this.bytes > this.#keptLimit) this.#forget();
    if (this.complete) sink.onBodyEnd(this.trailers);
    this.#flush();
    if (!this.complete && this.#writable) this.#feeder.resumeBody();
  }

  /** Nobody wants the body any more, but somebody may later ({@link attach}). */
  detach(): void {
    this.#sink = undefined;
  }

  /** Nobody will want the rest: it is read over. */
  discard(): void {
    this.#sink = undefined;
    this.#kept = undefined;
    this.#discarding = true;
    if (!this.complete) this.#feeder.resumeBody();
  }

  /** The sink takes more. */
  resume(): void {
    if (this.#writable) return;
    this.#writable = true;
    if (!this.complete) this.#feeder.resumeBody();
  }

  /** It is too long to be kept. */
  #forget(): void {
    if (this.#kept === undefined) return;
    this.#kept = undefined;
    this.#limits.hit?.("maxReplayBytes");
  }

  #hasRoom(): boolean {
    if (this.#discarding) return true;
    return this.#sink === undefined ? this.bytes < this.#keptLimit : this.#writable;
  }

  #finish(trailers: Fields | undefined): void {
    this.complete = true;
    this.trailers = trailers;
    this.#sink?.onBodyEnd(trailers);
  }

  #flush(): void {
    if (this.#sink !== undefined && !this.#sink.onBodyBatch()) this.#writable = false;
  }
}
