/** How an upstream's answer travels: from a connection to an attempt, and from there to whoever answers the client. */
import type { GatewayError } from "../errors.ts";
import type { Fields } from "../http1/fields.ts";
import type { ResponseHead } from "../http1/response-head.ts";
import type { Socket } from "../runtimes/runtime.ts";

/** Receives the answer to the request under way. Nothing is called after `onEnd`, `onFailure` or `onUpgrade`. */
export interface AnswerSink {
  /** A 1xx answer other than 101. */
  onInformational(head: ResponseHead): void;
  onHead(head: ResponseHead): void;
  /** Payload in `bytes[start..end)`, valid during the call. */
  onData(bytes: Uint8Array, start: number, end: number): void;
  onEnd(trailers: Fields | undefined): void;
  /** 101: the socket now belongs to the sink; `rest` came behind the head. */
  onUpgrade(head: ResponseHead, socket: Socket, rest: Uint8Array): void;
  /** All that one read brought has been handed over: a good moment to flush. */
  onBatch(): void;
  onFailure(error: GatewayError): void;
  /** More of the request may be written. */
  onWritable(): void;
}

/** Where an answer's body comes from, so that a slow client can slow it down. */
export interface BodySource {
  pause(): void;
  resume(): void;
  /** The client is gone or the answer was cut. */
  abort(): void;
}

/** Takes the answer. Exactly one of `end`, `fail` and `upgraded` is called last. */
export interface AnswerConsumer {
  /** Where the answer will come from; called before anything else. */
  begin(source: BodySource): void;
  informational(head: ResponseHead): void;
  /** Sends 100 to a client that waits for it. */
  continue(): void;
  head(head: ResponseHead, received: number): void;
  data(bytes: Uint8Array, start: number, end: number): void;
  /** All that one read brought has been handed over. */
  batch(): void;
  end(trailers: Fields | undefined): void;
  fail(error: GatewayError): void;
  upgraded(head: ResponseHead, socket: Socket, rest: Uint8Array): void;
}
