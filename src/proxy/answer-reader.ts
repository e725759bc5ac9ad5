/** Finds the answer to one request in what an endpoint sends: 1xx answers, the head, the body in its framing, trailers. */
import { GatewayError } from "../errors.ts";
import { ChunkedDecoder } from "../http1/chunked.ts";
import type { Fields, HeadLimits } from "../http1/fields.ts";
import { Repeated } from "../http1/repeated.ts";
import { parseResponseHead, type ResponseHead } from "../http1/response-head.ts";
import { ByteBuffer } from "../lib/byte-buffer.ts";
import type { AnswerSink } from "./answer.ts";
import type { ProxyLimits } from "./limits.ts";

/** The connection that reads. */
export interface AnswerOwner {
  /** The answer is whole. `isClean`: nothing came behind it. */
  onWhole(trailers: Fields | undefined, isClean: boolean): void;
  /** 101: `rest` came behind the head. */
  onSwitch(head: ResponseHead, rest: Uint8Array): void;
}

export class AnswerReader {
  readonly #owner: AnswerOwner;
  readonly #limits: HeadLimits;
  /** Who gets the answer; undefined while none is expected. */
  #sink: AnswerSink | undefined;
  #method = "";
  /** The final head, once it is there. */
  head: ResponseHead | undefined;
  #lastHead: Repeated<ResponseHead> | undefined;
  #isFirst = true;
  /** Bytes of a head that is not complete yet. */
  #held: ByteBuffer | undefined;
  #remaining = 0;
  #decoder: ChunkedDecoder | undefined;
  /** Bytes of the answer under way, head included. */
  received = 0;
  /** Whether part of a head has come, which {@link received} does not count. */
  begun = false;

  constructor(owner: AnswerOwner, limits: ProxyLimits) {
    this.#owner = owner;
    this.#limits = headLimitsOf(limits);
  }

  /** The next bytes are the answer to a request with this method. */
  expect(sink: AnswerSink, method: string): void {
    this.#sink = sink;
    this.#method = method;
    this.head = undefined;
    this.received = 0;
    this.begun = false;
  }

  /** Nobody wants the rest; answers who did. */
  stop(): AnswerSink | undefined {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#held = undefined;
    return sink;
  }

  /** Who waits for an answer. */
  get sink(): AnswerSink | undefined {
    return this.#sink;
  }

  /** Takes what has come. Throws {@link GatewayError} when it is no answer. */
  read(bytes: Uint8Array): void {
    let input = bytes;
    const held = this.#held;
    if (held !== undefined) {
      held.append(bytes, 0, bytes.length);
      input = held.bytes;
      this.#held = undefined;
    }
    let at = 0;
    while (this.#sink !== undefined && this.head === undefined) {
      const head = this.#parse(input, at);
      if (head === undefined) return this.#hold(held, input, at);
      at += head.size;
      this.received += head.size;
      if (head.status === 101) return this.#owner.onSwitch(head, input.slice(at));
      if (head.status >= 200) {
        this.#begin(head);
      } else if (this.received > this.#limits.maxHeadBytes) {
        // Each of them would start the read timeout anew, and an endpoint could go on for ever.
        throw new GatewayError("UPSTREAM_PROTOCOL", "too many 1xx answers");
      } else {
        this.#sink.onInformational(head);
      }
    }
    // The sink may have given up when it saw the head.
    if (this.#sink !== undefined) this.#body(this.#sink, input, at);
  }

  #parse(input: Uint8Array, at: number): ResponseHead | undefined {
    // The first answer has nothing to be compared with, and many a connection brings no second.
    const last = this.#isFirst ? undefined : this.#lastHead ??= new Repeated();
    const head = parseResponseHead(input, at, input.length, this.#method, this.#limits, last);
    if (head !== undefined) this.#isFirst = false;
    return head;
  }

  /** `input` is `held`, if there is such. */
  #hold(held: ByteBuffer | undefined, input: Uint8Array, at: number): void {
    if (at === input.length) return;
    if (held === undefined) {
      held = new ByteBuffer();
      held.append(input, at, input.length);
    } else if (at > 0) {
      held.drop(at);
    }
    this.#held = held;
    this.begun = true;
  }

  #begin(head: ResponseHead): void {
    this.head = head;
    const { framing } = head;
    this.#remaining = framing.kind === "length" ? framing.length : 0;
    this.#decoder = framing.kind === "chunked" ? new ChunkedDecoder(this.#limits) : undefined;
    this.#sink?.onHead(head);
  }

  #body(sink: AnswerSink, input: Uint8Array, at: number): void {
    const end = input.length;
    this.received += end - at;
    switch (this.head?.framing.kind) {
      case "none":
        this.#owner.onWhole(undefined, at === end);
        return;
      case "length": {
        const stop = Math.min(end, at + this.#remaining);
        this.#remaining -= stop - at;
        if (stop > at) sink.onData(input, at, stop);
        if (this.#remaining === 0 && this.#sink !== undefined) this.#owner.onWhole(undefined, stop === end);
        return;
      }
      case "chunked": {
        const decoder = this.#decoder as ChunkedDecoder;
        const stop = decoder.decode(input, at, end, sink);
        if (decoder.done && this.#sink !== undefined) this.#owner.onWhole(decoder.trailers, stop === end);
        return;
      }
      case "close":
        if (end > at) sink.onData(input, at, end);
        return;
    }
  }
}

/** One object for all connections. */
const headLimits = new WeakMap<ProxyLimits, HeadLimits>();

function headLimitsOf(limits: ProxyLimits): HeadLimits {
  let known = headLimits.get(limits);
  if (known === undefined) {
    known = { maxHeadBytes: limits.maxResponseHeadBytes, maxFields: limits.request.maxFields };
    headLimits.set(limits, known);
  }
  return known;
}
