/**
 * Memory for Deno's reads and writes, used again and again: both are promises and keep what they are given until they
 * resolve, and new memory for each of them costs more than a copy.
 */

/** An idle connection must cost little: it waits for its next bytes with no more than this. */
export const SMALL_READ = 1024;
/** A busy one must read much at once. */
export const LARGE_READ = 64 * 1024;
const WRITE_BYTES = 8 * 1024;

class Pool {
  readonly #bytes: number;
  readonly #most: number;
  readonly #free: Uint8Array<ArrayBuffer>[] = [];

  constructor(bytes: number, most: number) {
    this.#bytes = bytes;
    this.#most = most;
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#free.pop() ?? new Uint8Array(this.#bytes);
  }

  /** Takes back what is of its size. */
  give(memory: Uint8Array): void {
    if (memory.length === this.#bytes && this.#free.length < this.#most) {
      this.#free.push(memory as Uint8Array<ArrayBuffer>);
    }
  }
}

const writes = new Pool(WRITE_BYTES, 512);
const largeReads = new Pool(LARGE_READ, 64);

/** Memory for a write of `length` bytes; may be longer. */
export function takeForWrite(length: number): Uint8Array<ArrayBuffer> {
  return length > WRITE_BYTES ? new Uint8Array(length) : writes.take();
}

export function giveFromWrite(memory: Uint8Array): void {
  writes.give(memory);
}

/** What one connection reads into: little until a read fills it. */
export class ReadMemory {
  readonly #small = new Uint8Array(SMALL_READ);
  #large: Uint8Array<ArrayBuffer> | undefined;
  #isBusy = false;

  /** Memory for the next read. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#isBusy ? this.#large ??= largeReads.take() : this.#small;
  }

  /** The last read has brought `count` bytes, and they have been used. */
  used(count: number): void {
    if (this.#isBusy ? count > SMALL_READ : count < SMALL_READ) return;
    this.#isBusy = !this.#isBusy;
    this.release();
  }

  /** For as long as nothing is read. */
  release(): void {
    if (this.#large === undefined) return;
    largeReads.give(this.#large);
    this.#large = undefined;
  }
}
