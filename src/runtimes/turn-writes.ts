/**
 * The small writes of one turn of the event loop, handed to the kernel one after the other at its end.
 *
 * A turn works off what has arrived on many sockets. A write in between throws the code and the data of the next request
 * out of the processor's caches, and the kernel's with it; on Deno, where every write is an operation of the runtime's,
 * that costs a fifth of all processor time.
 */
import { copyBytes } from "../lib/copy-bytes.ts";

/** Takes the bytes of a write whose time has come. They are valid during the call. */
export interface TurnWriter {
  writeNow(bytes: Uint8Array, start: number, end: number): void;
}

/** Above this a copy costs more than what it saves. */
const COPY_LIMIT = 16 * 1024;
const MEMORY_BYTES = 256 * 1024;
/** The first of a turn should not wait for too many others. */
const MAX_WRITES = 64;

export class TurnWrites {
  readonly #memory = new Uint8Array(MEMORY_BYTES);
  readonly #writers: TurnWriter[] = [];
  /** Where the bytes of each writer end; they begin where the previous one's end. */
  readonly #ends: number[] = [];
  #filled = 0;
  /** The writer whose turn is next; above 0 only during {@link flush}. */
  #next = 0;
  #isScheduled = false;
  readonly #schedule: (flush: () => void) => void;
  readonly #atEnd = () => {
    this.#isScheduled = false;
    this.flush();
  };

  /** @param schedule calls a function when what has arrived by now has been worked off */
  constructor(schedule: (flush: () => void) => void) {
    this.#schedule = schedule;
  }

  /** Copies `bytes[start..end)` for later; false = nothing was done, because it is too much. */
  add(writer: TurnWriter, bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (length > COPY_LIMIT) return false;
    if (this.#writers.length === MAX_WRITES || this.#filled + length > MEMORY_BYTES) this.flush();
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      this.#schedule(this.#atEnd);
    }
    copyBytes(bytes, start, end, this.#memory, this.#filled);
    this.#filled += length;
    this.#writers.push(writer);
    this.#ends.push(this.#filled);
    return true;
  }

  /** Writes everything now. */
  flush(): void {
    // By field, not by variable: a write may tell somebody of a failure who writes, or flushes, meanwhile.
    while (this.#next < this.#writers.length) {
      const at = this.#next++;
      const start = at === 0 ? 0 : this.#ends[at - 1] as number;
      (this.#writers[at] as TurnWriter).writeNow(this.#memory, start, this.#ends[at] as number);
    }
    this.#next = 0;
    this.#writers.length = 0;
    this.#ends.length = 0;
    this.#filled = 0;
  }
}
