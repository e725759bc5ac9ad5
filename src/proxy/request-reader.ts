/** Finds the requests in what a client sends: complete heads, bodies for whoever takes them, and what has to wait. */
import { CR, LF } from "../http1/chars.ts";
import { Repeated } from "../http1/repeated.ts";
import {
  parseRequestHead,
  type RequestHead,
  type RequestLimits,
  type RequestLines,
} from "../http1/request-head.ts";
import { ByteBuffer } from "../lib/byte-buffer.ts";

/** The connection that reads. */
export interface RequestSink {
  /** What the next bytes are: of a head, of the body under way, or nothing that may be taken now. */
  readonly expects: "head" | "body" | "nothing";
  /** A head is complete. */
  onHead(head: RequestHead): void;
  /** Takes the body in `input[at..)`; answers up to where, which is `at` when nobody can take it now. */
  onBody(input: Uint8Array, at: number): number;
  /** An empty line stands before a request. */
  onEmptyLine(): void;
  /** A head has begun and is not complete; told once. */
  onPartialHead(): void;
  /** What was sent is no request, or a handler has thrown. What came with it is gone. */
  onUnreadable(cause: unknown): void;
}

export class RequestReader {
  readonly #sink: RequestSink;
  readonly #limits: RequestLimits;
  /** What arrived and was not consumed: an incomplete head, a body without taker, the next request. Never empty. */
  #held: ByteBuffer | undefined;
  #lastLines: Repeated<RequestLines> | undefined;
  #isFirst = true;
  #isPartial = false;
  /** Whether a feed is under way: what it brings is consumed before anything else. */
  busy = false;

  constructor(sink: RequestSink, limits: RequestLimits) {
    this.#sink = sink;
    this.#limits = limits;
  }

  /** Whether something waits here. */
  get holds(): boolean {
    return this.#held !== undefined;
  }

  /** What waits, which is forgotten. */
  takeRest(): Uint8Array {
    const rest = this.#held?.bytes ?? EMPTY;
    this.#held = undefined;
    return rest;
  }

  clear(): void {
    this.#held = undefined;
  }

  /** Consumes what the sink takes and holds the rest. `bytes` is valid during the call only. */
  feed(bytes: Uint8Array): void {
    const held = this.#held;
    if (held === undefined) {
      const at = this.#consume(bytes);
      if (at === bytes.length) return;
      this.#held = new ByteBuffer();
      this.#held.append(bytes, at, bytes.length);
      return;
    }
    held.append(bytes, 0, bytes.length);
    if (this.#sink.expects !== "head" || this.#mayComplete(held, bytes)) this.feedHeld();
  }

  /** Consumes what the sink takes of what is held. */
  feedHeld(): void {
    const held = this.#held;
    if (held === undefined) return;
    // Whoever ends the connection meanwhile must not find it here.
    this.#held = undefined;
    const at = this.#consume(held.bytes);
    if (at === held.length) return;
    if (at > 0) held.drop(at);
    this.#held = held;
  }

  /** A head grows line by line: without a new line end there is nothing new to find, but that head or target are too long. */
  #mayComplete(held: ByteBuffer, added: Uint8Array): boolean {
    const { maxHeadBytes, maxTargetBytes } = this.#limits;
    if (held.length >= maxHeadBytes || added.includes(LF)) return true;
    return held.length > maxTargetBytes && !held.bytes.includes(LF);
  }

  /** Answers up to where `input` is used up. */
  #consume(input: Uint8Array): number {
    const sink = this.#sink;
    let at = 0;
    this.busy = true;
    try {
      while (at < input.length) {
        const { expects } = sink;
        if (expects === "nothing") break;
        const next = expects === "head" ? this.#head(input, at) : sink.onBody(input, at);
        if (next === at) break;
        at = next;
      }
    } catch (error) {
      at = input.length;
      sink.onUnreadable(error);
    }
    this.busy = false;
    return at;
  }

  /** Parses the head at `at`; answers `at` when it is not complete. */
  #head(input: Uint8Array, at: number): number {
    const { length } = input;
    if (input[at] === CR) {
      // A client may send an empty line before its request (RFC 9112 2.2).
      if (input[at + 1] === LF) {
        this.#isPartial = false;
        this.#sink.onEmptyLine();
        return at + 2;
      }
      if (at + 1 === length) return this.#incomplete(at);
    }
    // The first request has nothing to be compared with, and most connections of attackers have no second.
    const last = this.#isFirst ? undefined : this.#lastLines ??= new Repeated();
    const head = parseRequestHead(input, at, length, this.#limits, last);
    if (head === undefined) return this.#incomplete(at);
    this.#isFirst = this.#isPartial = false;
    this.#sink.onHead(head);
    return at + head.size;
  }

  #incomplete(at: number): number {
    if (!this.#isPartial) {
      this.#isPartial = true;
      this.#sink.onPartialHead();
    }
    return at;
  }
}

const EMPTY = new Uint8Array(0);
