/** Bytes that are added at the end and kept in one piece of memory, whatever the sizes in which they come. */
export class ByteBuffer {
  #memory = new Uint8Array(0);
  length = 0;

  /** Copies `bytes[start..end)`. */
  append(bytes: Uint8Array, start: number, end: number): void {
    const added = end - start;
    const length = this.length + added;
    if (this.length === 0 && this.#memory.length < added) this.#memory = bytes.slice(start, end);
    else {
      if (this.#memory.length < length) this.#grow(length);
      this.#memory.set(bytes.subarray(start, end), this.length);
    }
    this.length = length;
  }

  /** What was added so far; valid until the next {@link append}. */
  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.length);
  }

  #grow(length: number): void {
    const larger = new Uint8Array(Math.max(length, 2 * this.#memory.length));
    larger.set(this.bytes);
    this.#memory = larger;
  }
}
