/**
 * Bytes that are added at the end and kept in one piece of memory, whatever the sizes in which they come. Who sends byte by
 * byte makes no garbage.
 */
import { copyBytes } from "./copy-bytes.ts";

/** Below this a loop costs less than a view for one call. */
const LOOP_LIMIT = 64;
/** What comes in one piece takes no more than that; what grows would grow every few bytes at first. */
const LEAST_GROWN = 256;
const EMPTY = new Uint8Array(0);

export class ByteBuffer {
  #memory: Uint8Array = EMPTY;
  length = 0;

  /** Copies `bytes[start..end)`. */
  append(bytes: Uint8Array, start: number, end: number): void {
    const added = end - start;
    const length = this.length + added;
    if (this.length === 0 && this.#memory.length < added) this.#memory = bytes.slice(start, end);
    else {
      if (this.#memory.length < length) this.#grow(length);
      if (added < LOOP_LIMIT) {
        for (let to = this.length; to < length; to++) this.#memory[to] = bytes[start++] as number;
      } else {
        copyBytes(bytes, start, end, this.#memory, this.length);
      }
    }
    this.length = length;
  }

  /** What was added so far; valid until the next {@link append} or {@link drop}. */
  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.length);
  }

  /** Forgets the first `count` bytes. */
  drop(count: number): void {
    this.#memory.copyWithin(0, count, this.length);
    this.length -= count;
  }

  #grow(length: number): void {
    const larger = new Uint8Array(Math.max(length, 2 * this.#memory.length, LEAST_GROWN));
    larger.set(this.bytes);
    this.#memory = larger;
  }
}
