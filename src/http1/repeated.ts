/**
 * What a peer sent last, and what came of parsing it. Most peers repeat themselves on a connection (HPACK rests on the
 * same, RFC 7541 1.1), and comparing bytes costs a fraction of parsing them.
 */

/** More than this is parsed again: it takes memory for as long as the connection lives. */
const MAX_BYTES = 2048;
const EMPTY = new Uint8Array(0);

export class Repeated<T> {
  #bytes: Uint8Array = EMPTY;
  #length = 0;
  #meaning: T | undefined;
  /** A connection that sends one message is not worth a copy. */
  #isFirst = true;

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
    return this.#meaning;
  }

  /** Remembers what `bytes[start..end)` mean. The meaning must not change, nor depend on anything else. */
  remember(bytes: Uint8Array, start: number, end: number, meaning: T): void {
    if (this.#isFirst || end - start > MAX_BYTES) {
      this.#isFirst = false;
      return;
    }
    const length = end - start;
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(length);
    this.#bytes.set(bytes.subarray(start, end));
    this.#length = length;
    this.#meaning = meaning;
  }
}
