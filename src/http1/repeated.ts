/**
 * What a peer sent last, and what came of parsing it. Most peers repeat themselves on a connection (HPACK rests on the
 * same, RFC 7541 1.1), and comparing bytes costs a fraction of parsing them. A connection that carries one message is not
 * worth a copy: the first is best parsed without this.
 */
import { copyBytes } from "../lib/copy-bytes.ts";

/** More than this is parsed again: it takes memory for as long as the connection lives. */
const MAX_BYTES = 2048;
const EMPTY = new Uint8Array(0);

/** Who has not repeated itself so often is tried only once in {@link RARELY} messages. */
const PATIENCE = 4;
const RARELY = 16;

export class Repeated<T> {
  #bytes: Uint8Array = EMPTY;
  /** 0 = nothing is remembered. */
  #length = 0;
  #meaning: T | undefined;
  /** Messages since the last repetition. */
  #others = 0;

  /** How many bytes are remembered. */
  get length(): number {
    return this.#length;
  }

  /** What the bytes at `at` mean, if they are those of last time and end before `limit`; undefined = parse them. */
  at(bytes: Uint8Array, at: number, limit: number): T | undefined {
    const length = this.#length;
    if (length === 0 || at + length > limit) return undefined;
    const known = this.#bytes;
    for (let i = 0; i < length; i++) {
      if (known[i] !== bytes[at + i]) return undefined;
    }
    this.#others = 0;
    return this.#meaning;
  }

  /**
   * Remembers what `bytes[start..end)` mean, and answers whether it does. The meaning must not change, nor depend on
   * anything else.
   */
  remember(bytes: Uint8Array, start: number, end: number, meaning: T): boolean {
    const length = end - start;
    const others = ++this.#others;
    if (length > MAX_BYTES || (others > PATIENCE && others % RARELY !== 0)) {
      this.#length = 0;
      return false;
    }
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(length);
    copyBytes(bytes, start, end, this.#bytes, 0);
    this.#length = length;
    this.#meaning = meaning;
    return true;
  }
}
