/** Bytes that the kernel did not take at once, in order. Copies what it keeps. */
export class WriteQueue {
  readonly #chunks: Uint8Array[] = [];
  #head = 0;
  bytes = 0;

  get empty(): boolean {
    return this.bytes === 0;
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    this.#chunks.push(bytes.slice(start, end));
    this.bytes += end - start;
  }

  /** The oldest chunk; undefined when empty. */
  peek(): Uint8Array | undefined {
    return this.#chunks[this.#head];
  }

  /** Removes `count` bytes of the oldest chunk. */
  shift(count: number): void {
    const chunk = this.#chunks[this.#head];
    if (chunk === undefined) return;
    this.bytes -= count;
    if (count < chunk.length) {
      this.#chunks[this.#head] = chunk.subarray(count);
      return;
    }
    this.#chunks[this.#head++] = EMPTY;
    if (this.#head === this.#chunks.length) {
      this.#chunks.length = 0;
      this.#head = 0;
    }
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#head = 0;
    this.bytes = 0;
  }
}

const EMPTY = new Uint8Array(0);
