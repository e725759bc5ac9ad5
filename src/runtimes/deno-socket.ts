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
  #queue: WriteQueue | undefined;
  #afterFlush: "nothing" | "shutdown" | "close" = "nothing";
  /** Memory of the write under way, and what of it the kernel has not taken. */
  #writing: Uint8Array | undefined;
  #written = 0;
  #writeEnd = 0;
  /** Bytes that wait for the end of the turn. */
  #turnBytes = 0;
  #mustDrain = false;
  #peerEnded = false;
  #paused = false;
  readonly #readMemory = new ReadMemory();
  /** What the read under way reads into. */
  #reading: Uint8Array<ArrayBuffer> | undefined;
  /** What waits for {@link resume}: the next read, or what one has brought, whose count is here (null = the end). */
  #stalled: "no" | "read" | number | null = "no";

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    const remote = conn.remoteAddr;
    this.remoteAddress = plainAddress(remote.hostname);
    this.remotePort = remote.port;
    this.localPort = conn.localAddr.port;
    conn.setNoDelay(true);
  }

  get pendingBytes(): number {
    return this.#turnBytes + this.#writeEnd - this.#written + (this.#queue?.bytes ?? 0);
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
    if (this.#writing !== undefined) return (this.#queue ??= new WriteQueue()).push(bytes, start, end);
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
    // Not at once: whoever resumes is at work on what came before.
    if (this.#stalled !== "no") queueMicrotask(() => this.#goOn());
  }

  setKeepAlive(enable: boolean, _idleMs: number): boolean {
    if (this.closed) return false;
    this.#conn.setKeepAlive(enable);
    // Deno cannot set the idle time.
    return !enable;
  }

  /** Reads until the peer ends or the socket dies. A loop with `await` would cost half a kilobyte more for each that waits. */
  read(): void {
    if (this.closed) return;
    if (this.#paused) {
      this.#readMemory.release();
      this.#stalled = "read";
      return;
    }
    this.#reading = this.#readMemory.take();
    this.#conn.read(this.#reading).then(this.#onRead, this.#onFailed);
  }

  readonly #onRead = (count: number | null): void => {
    // Paused while the read was under way: the bytes wait here.
    if (this.#paused) this.#stalled = count;
    else this.#deliver(count);
  };

  /** Whoever has resumed it may have paused it again before this is called. */
  #goOn(): void {
    const stalled = this.#stalled;
    if (this.#paused || stalled === "no") return;
    this.#stalled = "no";
    if (stalled === "read") this.read();
    else this.#deliver(stalled);
  }

  #deliver(count: number | null): void {
    if (this.closed) return this.#readMemory.release();
    const bytes = this.#reading as Uint8Array;
    this.#reading = undefined;
    try {
      if (count === null) return this.#ended();
      this.handler.onData(count === bytes.length ? bytes : bytes.subarray(0, count));
    } catch (error) {
      return this.#onFailed(error);
    }
    this.#readMemory.used(count);
    this.read();
  }

  #ended(): void {
    this.#peerEnded = true;
    this.#readMemory.release();
    this.handler.onEnd();
    // Both directions are done: as on Bun, the socket then closes by itself.
    if (this.#afterFlush !== "nothing" && this.#writing === undefined) this.#closed(undefined);
  }

  #begin(memory: Uint8Array, length: number): void {
    this.#writing = memory;
    this.#written = 0;
    this.#writeEnd = length;
    this.#conn.write(length === memory.length ? memory : memory.subarray(0, length)).then(
      this.#onWritten,
      this.#onFailed,
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
        this.#onFailed,
      );
      return;
    }
    giveFromWrite(memory);
    const next = this.#queue?.peek();
    if (next !== undefined) {
      this.#queue?.shift(next.length);
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

  readonly #onFailed = (error: unknown): void => {
    this.#closed(error instanceof Error ? error : new Error(String(error)));
  };

  #drained(): void {
    try {
      this.handler.onDrain();
    } catch (error) {
      this.#onFailed(error);
    }
  }

  #finishFlush(): void {
    if (this.#afterFlush === "close" || this.#peerEnded) this.#closed(undefined);
    else if (this.#afterFlush === "shutdown") this.#conn.closeWrite().catch(() => this.#closed(undefined));
  }

  #closed(error: Error | undefined): void {
    if (this.closed) return;
    this.closed = true;
    this.#queue?.clear();
    this.#written = this.#writeEnd = 0;
    if (this.#stalled !== "no") this.#readMemory.release();
    this.#stalled = "no";
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
