/** One TCP connection on Deno: its promises turned into the callbacks of {@link Socket}. */
import { copyBytes } from "../lib/copy-bytes.ts";
import type { Socket, SocketHandler } from "./runtime.ts";
import { giveFromWrite, LARGE_READ, ReadMemory, takeForWrite } from "./deno-memory.ts";
import { plainAddress } from "./plain-address.ts";
import { type TurnWriter, TurnWrites } from "./turn-writes.ts";
import { WriteQueue } from "./write-queue.ts";

/** Deno settles the promises of all that one turn brought before it runs what their handlers queue. */
const turnWrites = new TurnWrites(queueMicrotask);

export class DenoSocket implements Socket, TurnWriter {
  handler: SocketHandler = UNOWNED;
  closed = false;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
  readonly #conn: Deno.TcpConn;
  /** What has to wait for the write under way. */
  readonly #queue = new WriteQueue();
  #afterFlush: "nothing" | "shutdown" | "close" = "nothing";
  /** Memory of the write under way, and what of it the kernel has not taken. */
  #writing: Uint8Array | undefined;
  #written = 0;
  #writeEnd = 0;
  /** Bytes that wait for the end of the turn. */
  #turnBytes = 0;
  #mustDrain = false;
  #peerEnded = false;
  /** Set while paused: starts the read loop again. */
  #wake: (() => void) | undefined;
  #paused = false;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    const remote = conn.remoteAddr;
    this.remoteAddress = plainAddress(remote.hostname);
    this.remotePort = remote.port;
    this.localPort = conn.localAddr.port;
    conn.setNoDelay(true);
  }

  get pendingBytes(): number {
    return this.#turnBytes + this.#writeEnd - this.#written + this.#queue.bytes;
  }

  /** Deno's writes are promises, so bytes are always copied; the socket counts as full above one large read. */
  write(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
    if (this.closed || this.#afterFlush !== "nothing" || start === end) return true;
    if (this.#writing === undefined && turnWrites.add(this, bytes, start, end)) {
      this.#turnBytes += end - start;
    } else {
      if (this.#turnBytes > 0) turnWrites.flush();
      this.#push(bytes, start, end);
    }
    if (this.pendingBytes <= LARGE_READ) return true;
    this.#mustDrain = true;
    return false;
  }

  writeNow(bytes: Uint8Array, start: number, end: number): void {
    this.#turnBytes -= end - start;
    if (!this.closed) this.#push(bytes, start, end);
  }

  #push(bytes: Uint8Array, start: number, end: number): void {
    if (this.#writing !== undefined) return this.#queue.push(bytes, start, end);
    const memory = takeForWrite(end - start);
    copyBytes(bytes, start, end, memory, 0);
    this.#begin(memory, end - start);
  }

  end(): void {
    if (this.closed || this.#afterFlush !== "nothing") return;
    if (this.#turnBytes > 0) turnWrites.flush();
    this.#afterFlush = "shutdown";
    if (this.#writing === undefined) this.#finishFlush();
  }

  close(): void {
    if (this.closed || this.#afterFlush === "close") return;
    if (this.#turnBytes > 0) turnWrites.flush();
    this.#afterFlush = "close";
    if (this.#writing === undefined) this.#finishFlush();
  }

  destroy(): void {
    if (this.#turnBytes > 0) turnWrites.flush();
    this.#closed(undefined);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#wake?.();
  }

  setKeepAlive(enable: boolean, _idleMs: number): boolean {
    if (this.closed) return false;
    this.#conn.setKeepAlive(enable);
    // Deno cannot set the idle time.
    return !enable;
  }

  /** Reads until the peer ends or the socket dies. */
  async read(): Promise<void> {
    const memory = new ReadMemory();
    try {
      while (!this.closed) {
        if (this.#paused) {
          memory.release();
          await this.#resumed();
          continue;
        }
        const bytes = memory.take();
        const count = await this.#conn.read(bytes);
        // Paused while the read was under way: the bytes wait here.
        if (this.#paused) await this.#resumed();
        if (this.closed) return;
        if (count === null) {
          this.#peerEnded = true;
          this.handler.onEnd();
          // Both directions are done: as on Bun, the socket then closes by itself.
          if (this.#afterFlush !== "nothing" && this.#writing === undefined) this.#closed(undefined);
          return;
        }
        this.handler.onData(count === bytes.length ? bytes : bytes.subarray(0, count));
        memory.used(count);
      }
    } catch (error) {
      this.#closed(error instanceof Error ? error : new Error(String(error)));
    } finally {
      memory.release();
    }
  }

  /** Whoever has resumed it may have paused it again before this goes on. */
  async #resumed(): Promise<void> {
    while (this.#paused && !this.closed) await new Promise<void>((resolve) => this.#wake = resolve);
  }

  #begin(memory: Uint8Array, length: number): void {
    this.#writing = memory;
    this.#written = 0;
    this.#writeEnd = length;
    this.#conn.write(length === memory.length ? memory : memory.subarray(0, length)).then(
      this.#onWritten,
      this.#onWriteFailed,
    );
  }

  /** The kernel has taken `count` bytes of the write under way. One function for all writes of the socket. */
  readonly #onWritten = (count: number): void => {
    const memory = this.#writing as Uint8Array;
    if (this.closed) return giveFromWrite(memory);
    this.#written += count;
    if (this.#written < this.#writeEnd) {
      this.#conn.write(memory.subarray(this.#written, this.#writeEnd)).then(
        this.#onWritten,
        this.#onWriteFailed,
      );
      return;
    }
    giveFromWrite(memory);
    const next = this.#queue.peek();
    if (next !== undefined) {
      this.#queue.shift(next.length);
      return this.#begin(next, next.length);
    }
    this.#writing = undefined;
    this.#written = this.#writeEnd = 0;
    if (this.#afterFlush !== "nothing") this.#finishFlush();
    else if (this.#mustDrain) {
      this.#mustDrain = false;
      this.#drained();
    }
  };

  readonly #onWriteFailed = (error: unknown): void => {
    this.#closed(error instanceof Error ? error : new Error(String(error)));
  };

  #drained(): void {
    try {
      this.handler.onDrain();
    } catch (error) {
      this.#onWriteFailed(error);
    }
  }

  #finishFlush(): void {
    if (this.#afterFlush === "close" || this.#peerEnded) this.#closed(undefined);
    else if (this.#afterFlush === "shutdown") this.#conn.closeWrite().catch(() => this.#closed(undefined));
  }

  #closed(error: Error | undefined): void {
    if (this.closed) return;
    this.closed = true;
    this.#queue.clear();
    this.#written = this.#writeEnd = 0;
    this.#wake?.();
    try {
      this.#conn.close();
    } catch {
      // Already closed by the runtime after a failed read or write.
    }
    this.handler.onClose(error);
  }
}

/** Owner of a socket between its creation and the moment somebody takes it. */
const UNOWNED: SocketHandler = { onData() {}, onDrain() {}, onEnd() {}, onClose() {} };
