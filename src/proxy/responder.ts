/** Writes the answer of one exchange to its client: an upstream's, a middleware's, or one of our own. */
import { GatewayError } from "../errors.ts";
import type { Fields } from "../http1/fields.ts";
import type { BodyFraming } from "../http1/framing.ts";
import { FieldId } from "../http1/known.ts";
import type { ResponseHead } from "../http1/response-head.ts";
import { phraseOf } from "../http1/phrases.ts";
import { clientResponseHead, trailerLines } from "../http1/serialize.ts";
import { fieldValue } from "../lib/field-names.ts";
import { setOnAnswers } from "../lib/gateway-fields.ts";
import type { Socket } from "../runtimes/runtime.ts";
import { dateLine } from "./date-line.ts";
import type { Exchange } from "./exchange.ts";
import type { AnswerConsumer, BodySource } from "./answer.ts";
import type { Outbox } from "./outbox.ts";
import { traceLine } from "./trace.ts";

/** What the responder asks of the connection that it writes to. */
export interface ClientSide {
  readonly outbox: Outbox;
  /** Whether the connection may stay open after this answer, as far as its limits and a drain are concerned. */
  readonly mayPersist: boolean;
  /** The answer is complete. `persist` false = close the connection. */
  responseEnded(persist: boolean): void;
  /** The answer cannot be completed: the client must see it cut. */
  cut(): void;
  /** The socket now carries another protocol, to and from `upstream`; `rest` came behind the upstream's answer. */
  tunnel(upstream: Socket, rest: Uint8Array): void;
}

export class Responder implements AnswerConsumer {
  readonly #exchange: Exchange;
  readonly #client: ClientSide;
  #mode: "none" | "length" | "chunked" | "close" = "none";
  #remaining = 0;
  #persist = true;
  #source: BodySource | undefined;
  #paused = false;
  /** Whether a final head has been written. */
  started = false;
  done = false;
  continued = false;

  constructor(exchange: Exchange, client: ClientSide) {
    this.#exchange = exchange;
    this.#client = client;
  }

  /** Names what to stop when the client goes away, from before the answer's head is there. */
  begin(source: BodySource): void {
    this.#source = source;
  }

  /** A middleware's body takes the place of the upstream's, which may still be needed to make it. */
  alsoFrom(source: BodySource): void {
    const upstream = this.#source;
    this.#source = {
      pause: () => source.pause(),
      resume: () => source.resume(),
      abort() {
        source.abort();
        upstream?.abort();
      },
    };
  }

  /** Relays a 1xx answer; HTTP/1.0 clients know none (RFC 9110 15.2). */
  informational(head: ResponseHead): void {
    if (this.started || this.#exchange.head.minor === 0) return;
    if (head.status === 100) return this.continue();
    this.#client.outbox.text(clientResponseHead(head, NOTHING_ADDED));
    this.batch();
  }

  /** Tells the client to send its body, once. */
  continue(): void {
    if (this.started || this.continued || !this.#exchange.head.expectContinue) return;
    this.continued = true;
    this.#client.outbox.text("HTTP/1.1 100 Continue\r\n\r\n");
    this.#client.outbox.flush();
  }

  /** Relays an upstream's head. `received` = bytes read from the upstream so far. */
  head(head: ResponseHead, received: number): void {
    const { minor, method } = this.#exchange.head;
    const bodiless = head.status === 204 || head.status === 304 || method === "HEAD";
    const failed = head.status >= 400;
    if (failed) this.#exchange.reason = `BackendError : read ${received} byte data from backend`;
    this.#exchange.answering(head.status, head.fields);
    const edits = this.#exchange.pendingResponseEdits;
    this.#start(head.status, bodiless ? "none" : outgoingMode(head.framing, minor), head.framing);
    const { viaLine } = this.#exchange.listener;
    const except = setOnAnswers(viaLine !== "");
    this.#client.outbox.text(
      clientResponseHead(head, {
        added: this.#lines(!head.fields.has(FieldId.DATE) && edits?.get("date") === undefined),
        replacesVia: viaLine !== "",
        replacesReason: failed,
        appended: edits?.sharedLines(except) ?? "",
        own: edits?.ownLines(except) ?? "",
        removed: edits?.removed ?? NOTHING_REMOVED,
      }),
    );
  }

  /**
   * Writes a head of our own. `lines` are field lines, each ending in CRLF, without framing; `length` is the body's size,
   * undefined when it is not known; `isDated` when the lines have a Date.
   */
  ownHead(
    status: number,
    phrase: string,
    lines: string,
    { length, isDated = false }: { readonly length: number | undefined; readonly isDated?: boolean },
  ): void {
    const { minor, method } = this.#exchange.head;
    const framing: BodyFraming = length === undefined ? { kind: "close" } : { kind: "length", length };
    const bodiless = status === 204 || status === 304 || method === "HEAD";
    this.#start(status, bodiless ? "none" : outgoingMode(framing, minor), framing);
    const size = length === undefined || status === 204 || status === 304
      ? ""
      : `Content-Length: ${length}\r\n`;
    this.#client.outbox.text(`HTTP/1.1 ${status} ${phrase}\r\n${this.#lines(!isDated)}${lines}${size}\r\n`);
  }

  data(bytes: Uint8Array, start: number, end: number): void {
    if (this.done || this.#mode === "none" || start === end) return;
    const { outbox } = this.#client;
    if (this.#mode === "length") {
      // More than was announced: what is above it must not become the next answer.
      if (end - start > this.#remaining) end = start + this.#remaining;
      this.#remaining -= end - start;
      outbox.data(bytes, start, end);
    } else if (this.#mode === "chunked") {
      outbox.text(`${(end - start).toString(16)}\r\n`);
      outbox.data(bytes, start, end);
      outbox.text("\r\n");
    } else {
      outbox.data(bytes, start, end);
    }
  }

  /** Hands what was written to the kernel; slows the source down when the client is slow. */
  batch(): void {
    if (this.#client.outbox.flush() || this.done || this.#paused) return;
    this.#paused = true;
    this.#source?.pause();
  }

  /** The client takes more. */
  onClientDrain(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#source?.resume();
  }

  end(trailers: Fields | undefined): void {
    if (this.done) return;
    if (this.#mode === "length" && this.#remaining > 0) return this.abort();
    if (this.#mode === "chunked") this.#client.outbox.text(`0\r\n${trailerLines(trailers)}\r\n`);
    this.#finish();
  }

  /** The source failed: an answer of our own when nothing was sent yet, otherwise the client sees the cut. */
  fail(error: GatewayError): void {
    if (this.done) return;
    this.#exchange.error = error;
    if (this.started) return this.abort();
    this.#exchange.reason = error.reason;
    const { fields, bytes } = this.#exchange.errorBody(error.status);
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    this.ownHead(error.status, phraseOf(error.status), lines, { length: bytes.length });
    if (this.#mode !== "none") this.#client.outbox.data(bytes, 0, bytes.length);
    this.#finish();
  }

  /** The rest of the request is broken: an error if nothing was sent yet, and nothing more from the source. */
  refuse(error: GatewayError): void {
    if (this.done) return;
    this.#exchange.aborted(error);
    const source = this.#source;
    this.fail(error);
    source?.abort();
  }

  /** Ends without completing the answer. */
  abort(): void {
    if (this.done) return;
    this.done = true;
    this.#source?.abort();
    this.#client.cut();
  }

  /** The client is gone. */
  clientGone(): void {
    if (this.done) return;
    this.done = true;
    const error = new GatewayError("CLIENT_ABORTED", "client closed the connection");
    this.#exchange.error ??= error;
    this.#exchange.aborted(error);
    if (!this.started) this.#exchange.status = 499;
    this.#source?.abort();
  }

  upgraded(head: ResponseHead, socket: Socket, rest: Uint8Array): void {
    this.started = this.done = true;
    this.#exchange.status = 101;
    const upgrade = head.fields.valueOfId(FieldId.UPGRADE) ?? this.#exchange.head.upgrade;
    const { viaLine } = this.#exchange.listener;
    this.#exchange.answering(101, head.fields);
    const edits = this.#exchange.pendingResponseEdits;
    this.#client.outbox.text(
      clientResponseHead(head, {
        added: viaLine,
        appended: "Connection: upgrade\r\n",
        own: `Upgrade: ${upgrade}\r\n${this.#exchange.responseEditLines()}`,
        replacesVia: viaLine !== "",
        replacesReason: false,
        removed: edits?.removed ?? NOTHING_REMOVED,
      }),
    );
    this.#client.tunnel(socket, rest);
  }

  #start(status: number, mode: "none" | "length" | "chunked" | "close", framing: BodyFraming): void {
    this.started = true;
    this.#exchange.status = status;
    this.#mode = mode;
    this.#remaining = framing.kind === "length" ? framing.length : 0;
    const { head, body } = this.#exchange;
    // Without 100 the client may or may not send its body, so the next bytes could be either (RFC 9110 10.1.1).
    const bodyUnclear = head.expectContinue && !this.continued && body !== undefined && body.bytes === 0;
    this.#persist = head.keepAlive && this.#client.mayPersist && mode !== "close" && !bodyUnclear;
  }

  #lines(needsDate: boolean): string {
    const exchange = this.#exchange;
    let lines = exchange.listener.viaLine;
    if (needsDate) lines += dateLine();
    // It may hold what an object says, on several lines and in any script.
    if (exchange.reason !== "") lines += `X-ALB-ERR-REASON: ${fieldValue(exchange.reason)}\r\n`;
    if (exchange.traced) lines += traceLine(exchange);
    if (this.#mode === "chunked") lines += "Transfer-Encoding: chunked\r\n";
    if (!this.#persist) return `${lines}Connection: close\r\n`;
    if (exchange.head.minor === 0) lines += "Connection: keep-alive\r\n";
    const { headerTimeoutS } = exchange.listener.spec.keepalive;
    return headerTimeoutS === null ? lines : `${lines}Keep-Alive: timeout=${headerTimeoutS}\r\n`;
  }

  #finish(): void {
    this.done = true;
    // Whoever feeds the answer may not have been asked for all of it.
    this.#source?.abort();
    this.#client.outbox.flush();
    this.#client.responseEnded(this.#persist);
  }
}

const NOTHING_REMOVED: readonly string[] = [];
const NOTHING_ADDED = {
  added: "",
  appended: "",
  own: "",
  replacesVia: false,
  replacesReason: false,
  removed: NOTHING_REMOVED,
};

/** How the body travels to this client; HTTP/1.0 knows no chunks. */
function outgoingMode(framing: BodyFraming, minor: number): "length" | "chunked" | "close" {
  if (framing.kind === "length") return "length";
  // No body where the client expects one: a middleware has made HEAD of another method.
  return framing.kind === "none" || minor === 0 ? "close" : "chunked";
}
