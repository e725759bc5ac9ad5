/** One TCP connection on Bun. */
import type { Socket, SocketHandler } from "./runtime.ts";
import { plainAddress } from "./plain-address.ts";
import { type TurnWriter, TurnWrites } from "./turn-writes.ts";
import { WriteQueue } from "./write-queue.ts";

/** Who hears of a native socket: a {@link BunSocket} once it is open, a dial before. */
export interface NativeData {
  onClose(error: Error | undefined): void;
  onFault(error: Error): void;
}

/** What we use of Bun's sockets; written out here because Bun's type package would leak into every file. */
export interface NativeSocket {
  data: NativeData;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number;
  readonly localPort: number;
  /** Number of bytes taken by the kernel, -1 when the socket is closed. */
  write(bytes: Uint8Array, offset?: number, length?: number): number;
  /** Half-closes: FIN after what was written. */
  shutdown(): void;
  end(): void;
  terminate(): void;
  pause(): void;
  resume(): void;
  setNoDelay(enable: boolean): boolean;
  setKeepAlive(enable: boolean, initialDelayMs: number): boolean;
}

export interface NativeHandlers {
  /** What `data` gets; a `Buffer` costs more and is used for nothing here. */
  readonly binaryType: "uint8array";
  open(socket: NativeSocket): void;
  data(socket: NativeSocket, bytes: Uint8Array): void;
  drain(socket: NativeSocket): void;
  end(socket: NativeSocket): void;
  close(socket: NativeSocket, error?: Error): void;
  error(socket: NativeSocket, error: Error): void;
  connectError?(socket: NativeSocket, error: Error & { code?: string }): void;
}

/** Bun runs what is set so when it has told of all that `epoll_wait` brought. */
const turnWrites = new TurnWrites(setImmediate);

export class BunSocket implements Socket, TurnWriter, NativeData {
  handler: SocketHandler = UNOWNED;
  closed = false;
  readonly #native: NativeSocket;
  /** What the kernel has not taken; most sockets never have such. */
  #queue: WriteQueue | undefined;
  /** Bytes that wait for the end of the turn. */
  #turnBytes = 0;
  readonly remoteAddress: string;
  readonly remotePort: number;
  #afterFlush: "nothing" | "shutdown" | "close" = "nothing";
  #paused = false;
  /** Bun tells of room that nobody waits for, too. */
  #mustDrain = false;

  constructor(native: NativeSocket) {
    this.#native = native;
    this.remoteAddress = plainAddress(native.remoteAddress ?? "");
    this.remotePort = native.remotePort;
    native.setNoDelay(true);
  }

  get localPort(): number {
    return this.#native.localPort;
  }

  get pendingBytes(): number {
    return this.#turnBytes + (this.#queue?.bytes ?? 0);
  }

  get #queueEmpty(): boolean {
    return this.#queue === undefined || this.#queue.empty;
  }

  write(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
    if (this.closed || this.#afterFlush !== "nothing") return true;
    if (this.#queueEmpty) {
      if (turnWrites.add(this, bytes, start, end)) {
        this.#turnBytes += end - start;
        return true;
      }
      if (this.#turnBytes > 0) turnWrites.flush();
      this.#push(bytes, start, end);
      if (this.#queueEmpty) return true;
    } else {
      this.#queue?.push(bytes, start, end);
    }
    this.#mustDrain = true;
    return false;
  }

  writeNow(bytes: Uint8Array, start: number, end: number): void {
    this.#turnBytes -= end - start;
    if (!this.closed) this.#push(bytes, start, end);
  }

  #push(bytes: Uint8Array, start: number, end: number): void {
    const taken = this.#queueEmpty ? this.#native.write(bytes, start, end - start) : 0;
    // -1: the peer is gone; the close event follows and tells the handler.
    if (taken < 0 || start + taken === end) return;
    (this.#queue ??= new WriteQueue()).push(bytes, start + taken, end);
  }

  end(): void {
    if (this.closed || this.#afterFlush !== "nothing") return;
    if (this.#turnBytes > 0) turnWrites.flush();
    this.#afterFlush = "shutdown";
    this.#finishFlush();
  }

  close(): void {
    if (this.closed || this.#afterFlush === "close") return;
    if (this.#turnBytes > 0) turnWrites.flush();
    this.#afterFlush = "close";
    this.#finishFlush();
  }

  destroy(): void {
    if (this.closed) return;
    if (this.#turnBytes > 0) turnWrites.flush();
    this.#queue?.clear();
    this.#native.terminate();
  }

  pause(): void {
    if (this.#paused || this.closed) return;
    this.#paused = true;
    this.#native.pause();
  }

  resume(): void {
    if (!this.#paused || this.closed) return;
    this.#paused = false;
    this.#native.resume();
  }

  setKeepAlive(enable: boolean, idleMs: number): boolean {
    return !this.closed && this.#native.setKeepAlive(enable, idleMs);
  }

  onDrain(): void {
    const queue = this.#queue;
    for (let chunk = queue?.peek(); chunk !== undefined; chunk = queue?.peek()) {
      const taken = this.#native.write(chunk);
      if (taken < 0) return;
      queue?.shift(taken);
      if (taken < chunk.length) return;
    }
    if (this.#afterFlush !== "nothing") return this.#finishFlush();
    if (!this.#mustDrain) return;
    this.#mustDrain = false;
    this.handler.onDrain();
  }

  /** A handler has thrown: nobody knows what it has left undone, so the connection ends. */
  onFault(error: Error): void {
    if (this.closed) return;
    this.onClose(error);
    this.#native.terminate();
  }

  onClose(error: Error | undefined): void {
    if (this.closed) return;
    this.closed = true;
    this.#queue?.clear();
    this.handler.onClose(error);
  }

  #finishFlush(): void {
    if (!this.#queueEmpty) return;
    if (this.#afterFlush === "shutdown") this.#native.shutdown();
    else if (this.#afterFlush === "close") this.#native.end();
  }
}

/** Owner of a socket between its creation and the moment somebody takes it. */
const UNOWNED: SocketHandler = { onData() {}, onDrain() {}, onEnd() {}, onClose() {} };

/** What happens on sockets that are open, and have their {@link BunSocket} therefore. */
export const EVENTS = {
  binaryType: "uint8array" as const,
  data: (native: NativeSocket, bytes: Uint8Array) => (native.data as BunSocket).handler.onData(bytes),
  drain: (native: NativeSocket) => (native.data as BunSocket).onDrain(),
  end: (native: NativeSocket) => (native.data as BunSocket).handler.onEnd(),
  close: (native: NativeSocket, error?: Error) => native.data?.onClose(error),
  error: (native: NativeSocket, error: Error) => native.data?.onFault(error),
};
