/** The writing half of a socket whose kernel says at once what it takes: Bun's, and ours on epoll. */
import type { SocketHandler } from "./runtime.ts";
import type { TurnWriter, TurnWrites } from "./turn-writes.ts";
import { WriteQueue } from "./write-queue.ts";

export abstract class WriteSide implements TurnWriter {
  handler: SocketHandler = UNOWNED;
  closed = false;
  readonly #turnWrites: TurnWrites;
  /** What the kernel has not taken; most sockets never have such. */
  #queue: WriteQueue | undefined;
  /** Bytes that wait for the end of the turn. */
  #turnBytes = 0;
  #afterFlush: "nothing" | "shutdown" | "close" = "nothing";
  /** Whether somebody waits for room. */
  #mustDrain = false;

  constructor(turnWrites: TurnWrites) {
    this.#turnWrites = turnWrites;
  }

  /** Hands `bytes[start..end)` to the kernel; the number of bytes that it took, -1 when the connection is broken. */
  protected abstract send(bytes: Uint8Array, start: number, end: number): number;
  /** Everything is with the kernel: now the FIN. */
  protected abstract shutDown(): void;
  /** Everything is with the kernel: now the end. */
  protected abstract finish(): void;

  get pendingBytes(): number {
    return this.#turnBytes + (this.#queue?.bytes ?? 0);
  }

  /** Whether the kernel has not taken everything. */
  protected get isQueued(): boolean {
    return this.#queue !== undefined && !this.#queue.empty;
  }

  write(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
    if (this.closed || this.#afterFlush !== "nothing") return true;
    if (this.isQueued) {
      this.#queue?.push(bytes, start, end);
    } else {
      if (this.#turnWrites.add(this, bytes, start, end)) {
        this.#turnBytes += end - start;
        return true;
      }
      this.flushTurn();
      this.#push(bytes, start, end);
      if (!this.isQueued) return true;
    }
    this.#mustDrain = true;
    return false;
  }

  writeNow(bytes: Uint8Array, start: number, end: number): void {
    this.#turnBytes -= end - start;
    if (!this.closed) this.#push(bytes, start, end);
  }

  #push(bytes: Uint8Array, start: number, end: number): void {
    const taken = this.isQueued ? 0 : this.send(bytes, start, end);
    // -1: the socket's end follows and tells the handler.
    if (taken < 0 || start + taken === end) return;
    (this.#queue ??= new WriteQueue()).push(bytes, start + taken, end);
    this.queued();
  }

  /** The kernel has not taken everything: {@link onWritable} is to be called when it has room. */
  protected queued(): void {}

  end(): void {
    if (this.closed || this.#afterFlush !== "nothing") return;
    this.flushTurn();
    this.#afterFlush = "shutdown";
    this.#finishFlush();
  }

  close(): void {
    if (this.closed || this.#afterFlush === "close") return;
    this.flushTurn();
    this.#afterFlush = "close";
    this.#finishFlush();
  }

  /** The kernel has room. */
  onWritable(): void {
    const queue = this.#queue;
    for (let chunk = queue?.peek(); chunk !== undefined; chunk = queue?.peek()) {
      const taken = this.send(chunk, 0, chunk.length);
      if (taken < 0) return;
      queue?.shift(taken);
      if (taken < chunk.length) return;
    }
    if (this.#afterFlush !== "nothing") return this.#finishFlush();
    if (!this.#mustDrain) return;
    this.#mustDrain = false;
    this.handler.onDrain();
  }

  /** Others' bytes that wait for the end of the turn are sent, too: their order counts. */
  protected flushTurn(): void {
    if (this.#turnBytes > 0) this.#turnWrites.flush();
  }

  protected drop(): void {
    this.#queue?.clear();
  }

  #finishFlush(): void {
    if (this.isQueued || this.closed) return;
    if (this.#afterFlush === "shutdown") this.shutDown();
    else if (this.#afterFlush === "close") this.finish();
  }
}

/** Owner of a socket between its creation and the moment somebody takes it. */
const UNOWNED: SocketHandler = { onData() {}, onDrain() {}, onEnd() {}, onClose() {} };
