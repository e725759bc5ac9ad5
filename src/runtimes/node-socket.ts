/** A stream of `node:net` or `node:tls` as a {@link Socket}: for whatever the runtime's own sockets cannot do as fast or as well. */
import { Buffer } from "node:buffer";
import type { Socket as NodeNetSocket } from "node:net";
import { plainAddress } from "./plain-address.ts";
import type { Socket, SocketHandler } from "./runtime.ts";

export class NodeSocket implements Socket {
  handler: SocketHandler = UNOWNED;
  closed = false;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
  readonly #stream: NodeNetSocket;
  readonly #transport: Socket | undefined;
  #error: Error | undefined;
  #ending = false;
  #mustDrain = false;
  #paused = false;

  /**
   * @param stream connected, and nobody else's
   * @param transport what carries it, where that is not the stream's own: it is paused too
   */
  constructor(stream: NodeNetSocket, transport?: Socket) {
    this.#stream = stream;
    this.#transport = transport;
    const ends: Partial<NodeNetSocket> | Socket = transport ?? stream;
    this.remoteAddress = plainAddress(ends.remoteAddress ?? "");
    this.remotePort = ends.remotePort ?? 0;
    this.localPort = ends.localPort ?? 0;
    stream.on("data", (bytes: Uint8Array) => this.#tell(() => this.handler.onData(bytes)));
    stream.on("drain", () => this.#drained());
    stream.on("end", () => this.#tell(() => this.handler.onEnd()));
    stream.on("error", (error: Error) => this.#error = error);
    stream.on("close", () => this.#closed());
  }

  get pendingBytes(): number {
    return this.closed ? 0 : this.#stream.writableLength;
  }

  write(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
    if (this.closed || this.#ending) return true;
    // The stream keeps what it is given until it is sent, the caller uses its memory again at once.
    if (this.#stream.write(Buffer.from(bytes.subarray(start, end)))) return true;
    this.#mustDrain = true;
    return false;
  }

  end(): void {
    if (this.closed || this.#ending) return;
    this.#ending = true;
    this.#stream.end();
  }

  close(): void {
    if (this.closed) return;
    if (this.#ending && this.#stream.writableFinished) return this.destroy();
    this.#ending = true;
    this.#stream.end(() => this.destroy());
  }

  destroy(): void {
    if (this.closed) return;
    this.#stream.destroy();
    this.#closed();
  }

  pause(): void {
    if (this.#paused || this.closed) return;
    this.#paused = true;
    this.#stream.pause();
    this.#transport?.pause();
  }

  resume(): void {
    if (!this.#paused || this.closed) return;
    this.#paused = false;
    this.#stream.resume();
    this.#transport?.resume();
  }

  setKeepAlive(enable: boolean, idleMs: number): boolean {
    if (this.closed) return false;
    if (this.#transport !== undefined) return this.#transport.setKeepAlive(enable, idleMs);
    this.#stream.setKeepAlive(enable, idleMs);
    return true;
  }

  #drained(): void {
    if (!this.#mustDrain || this.#ending) return;
    this.#mustDrain = false;
    this.#tell(() => this.handler.onDrain());
  }

  /** A handler that throws has left nobody knows what undone, so the connection ends; a stream would end the process. */
  #tell(event: () => void): void {
    if (this.closed) return;
    try {
      event();
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error));
      this.destroy();
    }
  }

  #closed(): void {
    if (this.closed) return;
    this.closed = true;
    this.handler.onClose(this.#error);
  }
}

/** Owner of a socket between its creation and the moment somebody takes it. */
const UNOWNED: SocketHandler = { onData() {}, onDrain() {}, onEnd() {}, onClose() {} };
