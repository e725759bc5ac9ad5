/** Collects the small writes of one step (head, chunk size, body, trailers) into one `write` to the kernel. */
import { copyBytes } from "../lib/copy-bytes.ts";
import { encodeLatin1 } from "../lib/latin1.ts";
import type { Socket } from "../runtimes/runtime.ts";

const SCRATCH = new Uint8Array(64 * 1024);
/** Above this a copy costs more than a second system call. */
const COPY_LIMIT = 16 * 1024;
/** Below this a loop costs less than a view for one call. */
const LOOP_LIMIT = 128;

/** Whose bytes are in the scratch memory: all outboxes share it, and make room before they fill it. */
let owner: Outbox | undefined;
let filled = 0;

export class Outbox {
  readonly #socket: Socket;
  #writable = true;
  /** Bytes accepted so far. */
  bytes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Appends text, one byte a character. */
  text(text: string): void {
    const { length } = text;
    this.bytes += length;
    this.#own();
    for (let at = 0; at < length;) {
      const room = SCRATCH.length - filled;
      const piece = at === 0 && length <= room ? text : text.slice(at, at + room);
      filled += encodeLatin1(piece, SCRATCH, filled);
      at += piece.length;
      if (at < length) this.#spill();
    }
  }

  /** Appends `bytes[start..end)`. */
  data(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.bytes += length;
    this.#own();
    if (length > COPY_LIMIT) {
      this.#spill();
      this.#write(bytes, start, end);
      return;
    }
    if (filled + length > SCRATCH.length) this.#spill();
    if (length < LOOP_LIMIT) {
      for (let at = start; at < end; at++) SCRATCH[filled++] = bytes[at] as number;
    } else {
      copyBytes(bytes, start, end, SCRATCH, filled);
      filled += length;
    }
  }

  /** Hands everything to the socket. False = the socket is full; it will call its handler's `onDrain`. */
  flush(): boolean {
    if (owner === this) {
      this.#spill();
      owner = undefined;
    }
    const writable = this.#writable;
    this.#writable = true;
    return writable;
  }

  #own(): void {
    if (owner === this) return;
    if (owner !== undefined) owner.#spill();
    owner = this;
  }

  #spill(): void {
    const length = filled;
    filled = 0;
    this.#write(SCRATCH, 0, length);
  }

  #write(bytes: Uint8Array, start: number, end: number): void {
    if (start !== end && !this.#socket.write(bytes, start, end)) this.#writable = false;
  }
}
