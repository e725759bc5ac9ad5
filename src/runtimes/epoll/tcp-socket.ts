/** One TCP connection on the kernel's own calls. */
import type { Socket } from "../runtime.ts";
import { WriteSide } from "../write-side.ts";
import type { Watcher } from "./event-loop.ts";
import type { Kernel } from "./kernel.ts";
import {
  EAGAIN,
  ECONNRESET,
  EINTR,
  EPIPE,
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  IPPROTO_TCP,
  MSG_NOSIGNAL,
  SHUT_WR,
  SO_KEEPALIVE,
  SO_LINGER,
  SOL_SOCKET,
  systemError,
  TCP_KEEPIDLE,
  TCP_NODELAY,
} from "./libc.ts";

export class TcpSocket extends WriteSide implements Socket, Watcher {
  readonly #kernel: Kernel;
  readonly #descriptor: number;
  #paused = false;
  #peerEnded = false;
  #shutDown = false;
  /** Why a write has failed. */
  #broken: Error | undefined;
  /** What the loop tells of; undefined while it tells of nothing, not even errors. */
  #watched: number | undefined;

  /** `descriptor` is not watched yet. */
  constructor(
    kernel: Kernel,
    descriptor: number,
    readonly remoteAddress: string,
    readonly remotePort: number,
  ) {
    super(kernel.turnWrites);
    this.#kernel = kernel;
    this.#descriptor = descriptor;
    kernel.setOption(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  }

  /** Begins to read. */
  start(): void {
    this.#watch();
  }

  get localPort(): number {
    return this.closed ? 0 : this.#kernel.localPort(this.#descriptor);
  }

  protected send(bytes: Uint8Array, start: number, end: number): number {
    const rest = start === 0 ? bytes : bytes.subarray(start);
    for (;;) {
      const taken = this.#kernel.libc.send(this.#descriptor, rest as BufferSource, end - start, MSG_NOSIGNAL);
      if (taken >= 0) return taken;
      const errno = this.#kernel.libc.errno();
      if (errno === EAGAIN) return 0;
      if (errno === EINTR) continue;
      this.#broken = systemError(errno, "write");
      // Whoever reads learns from a read, behind what the peer has sent before.
      const isReading = !this.#paused && !this.#peerEnded;
      if (!isReading || (errno !== ECONNRESET && errno !== EPIPE)) this.#closeLater(this.#broken);
      return -1;
    }
  }

  protected override queued(): void {
    this.#watch();
  }

  protected shutDown(): void {
    if (this.#peerEnded) return this.#close(undefined);
    this.#shutDown = true;
    this.#kernel.libc.shutdown(this.#descriptor, SHUT_WR);
  }

  protected finish(): void {
    this.#close(undefined);
  }

  destroy(): void {
    if (this.closed) return;
    this.flushTurn();
    // A reset, so that nobody takes what has come for the whole.
    this.#kernel.setOption(this.#descriptor, SOL_SOCKET, SO_LINGER, 1, 0);
    this.#close(undefined);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#watch();
  }

  setKeepAlive(enable: boolean, idleMs: number): boolean {
    if (this.closed) return false;
    const isSet = this.#kernel.setOption(this.#descriptor, SOL_SOCKET, SO_KEEPALIVE, enable ? 1 : 0);
    if (!enable || idleMs === 0) return isSet;
    const seconds = Math.max(1, Math.round(idleMs / 1000));
    return isSet && this.#kernel.setOption(this.#descriptor, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
  }

  onReady(events: number): void {
    try {
      if ((events & EPOLLOUT) !== 0) {
        this.onWritable();
        this.#watch();
      }
      if (!this.closed && (events & ~EPOLLOUT) !== 0) this.#readable(events);
    } catch (error) {
      // A handler has thrown: nobody knows what it has left undone, so the connection ends.
      this.#close(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #readable(events: number): void {
    if (this.#paused || this.#peerEnded) {
      if ((events & (EPOLLERR | EPOLLHUP)) === 0) return this.#watch();
      const errno = this.#peerEnded ? this.#kernel.pendingError(this.#descriptor) : 0;
      if (this.#peerEnded) return this.#close(errno === 0 ? undefined : systemError(errno, "read"));
      // Errors cannot be left untold; they are seen when reading goes on.
      this.#unwatch();
      return;
    }
    const { libc, memory } = this.#kernel;
    const count = libc.recv(this.#descriptor, memory, memory.length, 0);
    if (count > 0) return this.handler.onData(memory.subarray(0, count));
    if (count < 0) {
      const errno = libc.errno();
      if (errno !== EAGAIN && errno !== EINTR) this.#close(systemError(errno, "read"));
      return;
    }
    // The kernel tells of a reset once, and a write was told of this one.
    if (this.#broken !== undefined) return this.#close(this.#broken);
    this.#peerEnded = true;
    this.#watch();
    this.handler.onEnd();
    if (this.#shutDown) this.#close(undefined);
  }

  /** Makes the loop tell of what is of use now. */
  #watch(): void {
    if (this.closed) return;
    const events = (this.#paused || this.#peerEnded ? 0 : EPOLLIN) | (this.isQueued ? EPOLLOUT : 0);
    if (events === this.#watched) return;
    if (this.#watched === undefined) {
      if (!this.#kernel.loop.watch(this.#descriptor, events, this)) {
        this.#closeLater(systemError(this.#kernel.libc.errno(), "epoll"));
      }
    } else this.#kernel.loop.change(this.#descriptor, events);
    this.#watched = events;
  }

  #unwatch(): void {
    if (this.#watched !== undefined) this.#kernel.loop.unwatch(this.#descriptor);
    this.#watched = undefined;
  }

  #closeLater(error: Error): void {
    this.#kernel.loop.afterTurn(() => this.#close(error));
  }

  #close(error: Error | undefined): void {
    if (this.closed) return;
    this.closed = true;
    this.drop();
    this.#unwatch();
    this.#kernel.libc.close(this.#descriptor);
    this.handler.onClose(error);
  }
}
