/** One TCP connection on Bun. */
import type { Socket } from "./runtime.ts";
import { plainAddress } from "./plain-address.ts";
import { TurnWrites } from "./turn-writes.ts";
import { WriteSide } from "./write-side.ts";

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

export class BunSocket extends WriteSide implements Socket, NativeData {
  readonly #native: NativeSocket;
  readonly remoteAddress: string;
  readonly remotePort: number;
  #paused = false;

  constructor(native: NativeSocket) {
    super(turnWrites);
    this.#native = native;
    this.remoteAddress = plainAddress(native.remoteAddress ?? "");
    this.remotePort = native.remotePort;
    native.setNoDelay(true);
  }

  get localPort(): number {
    return this.#native.localPort;
  }

  protected send(bytes: Uint8Array, start: number, end: number): number {
    return this.#native.write(bytes, start, end - start);
  }

  protected shutDown(): void {
    this.#native.shutdown();
  }

  protected finish(): void {
    this.#native.end();
  }

  destroy(): void {
    if (this.closed) return;
    this.flushTurn();
    this.drop();
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

  /** A handler has thrown: nobody knows what it has left undone, so the connection ends. */
  onFault(error: Error): void {
    if (this.closed) return;
    this.onClose(error);
    this.#native.terminate();
  }

  onClose(error: Error | undefined): void {
    if (this.closed) return;
    this.closed = true;
    this.drop();
    this.handler.onClose(error);
  }
}

/** What happens on sockets that are open, and have their {@link BunSocket} therefore. */
export const EVENTS = {
  binaryType: "uint8array" as const,
  data: (native: NativeSocket, bytes: Uint8Array) => (native.data as BunSocket).handler.onData(bytes),
  drain: (native: NativeSocket) => (native.data as BunSocket).onWritable(),
  end: (native: NativeSocket) => (native.data as BunSocket).handler.onEnd(),
  close: (native: NativeSocket, error?: Error) => native.data?.onClose(error),
  error: (native: NativeSocket, error: Error) => native.data?.onFault(error),
};
