/** The chunked transfer coding (RFC 9112 7.1), strict, over input split anywhere. */
import { GatewayError } from "../errors.ts";
import { ByteBuffer } from "../lib/byte-buffer.ts";
import { CR, FIELD_VALUE, HTAB, LF, SP } from "./chars.ts";
import { Fields, type HeadLimits } from "./fields.ts";

/** Bytes of one chunk-size line with its extensions, which are read over and never forwarded. */
const MAX_SIZE_LINE = 1024;
/** Chunk extensions of one body in all: a peer must not be able to send gigabytes that carry nothing. */
const MAX_EXTENSION_BYTES = 16 * 1024;

export interface ChunkSink {
  /** Payload in `bytes[start..end)`, valid during the call. */
  onData(bytes: Uint8Array, start: number, end: number): void;
}

type State =
  | "size start"
  | "size"
  | "extension"
  | "size LF"
  | "data"
  | "data CR"
  | "data LF"
  | "trailers"
  | "done";

export class ChunkedDecoder {
  #state: State = "size start";
  #remaining = 0;
  #digits = 0;
  #lineBytes = 0;
  #extensionBytes = 0;
  /** Trailer section bytes that arrived before its end. */
  #trailerBytes: ByteBuffer | undefined;
  readonly #limits: HeadLimits;
  /** Parsed trailer fields once done; undefined when there are none. */
  trailers: Fields | undefined;

  constructor(limits: HeadLimits) {
    this.#limits = limits;
  }

  get done(): boolean {
    return this.#state === "done";
  }

  /**
   * Consumes input and hands payload to `sink`. Returns the offset of the first byte that is not part of the body:
   * `end` unless the body is complete. Throws {@link GatewayError} BAD_REQUEST on malformed input.
   */
  decode(bytes: Uint8Array, at: number, end: number, sink: ChunkSink): number {
    while (at < end && this.#state !== "done") {
      switch (this.#state) {
        case "data": {
          const stop = Math.min(end, at + this.#remaining);
          sink.onData(bytes, at, stop);
          this.#remaining -= stop - at;
          at = stop;
          if (this.#remaining === 0) this.#state = "data CR";
          break;
        }
        case "data CR":
          if (bytes[at++] !== CR) throw bad("chunk is longer than its size");
          this.#state = "data LF";
          break;
        case "data LF":
          if (bytes[at++] !== LF) throw bad("chunk is longer than its size");
          this.#state = "size start";
          break;
        case "trailers":
          at = this.#trailerSection(bytes, at, end);
          break;
        default:
          at = this.#sizeLine(bytes, at, end);
      }
    }
    return at;
  }

  #sizeLine(bytes: Uint8Array, at: number, end: number): number {
    if (this.#state === "size start") {
      this.#remaining = 0;
      this.#digits = 0;
      this.#lineBytes = 0;
      this.#state = "size";
    }
    while (at < end) {
      const code = bytes[at] as number;
      if (++this.#lineBytes > MAX_SIZE_LINE) throw bad("chunk size line is too long");
      if (this.#state === "size LF") {
        if (code !== LF) throw bad("bare CR in a chunk size line");
        this.#state = this.#remaining === 0 ? "trailers" : "data";
        return at + 1;
      }
      at++;
      if (code === CR) {
        if (this.#digits === 0) throw bad("chunk without a size");
        this.#state = "size LF";
      } else if (this.#state === "extension") {
        if (FIELD_VALUE[code] !== 1) throw bad("control character in a chunk extension");
        if (++this.#extensionBytes > MAX_EXTENSION_BYTES) throw bad("too many chunk extensions");
      } else {
        this.#sizeByte(code);
      }
    }
    return at;
  }

  #sizeByte(code: number): void {
    const digit = hexDigit(code);
    if (digit >= 0) {
      // 13 hex digits stay below 2^53.
      if (++this.#digits > 13) throw bad("chunk size is too large");
      this.#remaining = this.#remaining * 16 + digit;
    } else if (code === 0x3b && this.#digits > 0) {
      this.#state = "extension";
    } else {
      // Blanks before ";" are "bad whitespace" that a recipient may accept (RFC 9112 7.1.1); two readers differ on it.
      throw bad(code === SP || code === HTAB ? "space in a chunk size" : "invalid chunk size");
    }
  }

  #trailerSection(bytes: Uint8Array, at: number, end: number): number {
    const held = this.#trailerBytes;
    const heldBefore = held?.length ?? 0;
    held?.append(bytes, at, end);
    // Without a new line end there is nothing new to find, and a peer may send byte by byte.
    const isShort = heldBefore + end - at < this.#limits.maxHeadBytes;
    if (held !== undefined && isShort && !hasLineEnd(bytes, at, end)) return end;
    const input = held === undefined ? bytes.subarray(at, end) : held.bytes;
    const fields = new Fields();
    const limit = Math.min(input.length, this.#limits.maxHeadBytes);
    const stop = fields.parse(input, 0, limit, this.#limits.maxFields);
    if (stop === -1) {
      if (input.length >= this.#limits.maxHeadBytes) {
        throw new GatewayError("HEADERS_TOO_LARGE", "trailer section is too large", {
          limit: "request.maxHeadBytes",
        });
      }
      if (held === undefined) {
        this.#trailerBytes = new ByteBuffer();
        this.#trailerBytes.append(bytes, at, end);
      }
      return end;
    }
    this.#trailerBytes = undefined;
    if (fields.count > 0) this.trailers = fields;
    this.#state = "done";
    return at + stop - heldBefore;
  }
}

function hasLineEnd(bytes: Uint8Array, at: number, end: number): boolean {
  const found = bytes.indexOf(LF, at);
  return found !== -1 && found < end;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function bad(reason: string): GatewayError {
  return new GatewayError("BAD_REQUEST", reason);
}
