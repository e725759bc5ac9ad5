/** TCP connections as tests need them: bytes in order, readable piece by piece, every wait with a deadline. */
import type { Socket } from "node:net";

/** How long any single wait may last before the test fails with what was seen so far; for machines that are busy. */
export const WAIT_MS = 30_000;

/** Unread bytes at which a connection stops reading, so that the peer feels backpressure. */
const HIGH_WATER = 256 * 1024;

/** One end of a TCP connection, for one reader at a time. Texts are latin1: one character, one byte. */
export interface Connection {
  readonly socket: Socket;
  /** Resolves when the kernel has taken the bytes; rejects when the connection is gone. */
  send(bytes: string | Uint8Array): Promise<void>;
  /** Waits without a deadline: true when there is something to read, false when the peer has ended. */
  arrival(): Promise<boolean>;
  /** Everything up to and including `delimiter`. */
  readUntil(delimiter: string): Promise<string>;
  readExactly(count: number): Promise<Uint8Array>;
  /** Whatever has arrived, at least one byte; empty once the peer has ended. */
  readSome(): Promise<Uint8Array>;
  /** The rest, up to the peer's FIN (or reset). */
  readToEnd(): Promise<Uint8Array>;
  /** Reads up to the peer's FIN and forgets the bytes; returns their number. */
  discardToEnd(): Promise<number>;
  /** Fails when a byte or a FIN arrives within `ms`. */
  staysSilent(ms: number): Promise<void>;
  /** The peer has sent FIN, or the connection is gone. */
  readonly ended: Promise<void>;
  /** The connection is gone; the value is the error code, "" for an orderly end. */
  readonly closed: Promise<string>;
  /** Sends FIN, goes on reading. */
  halfClose(): void;
  /** Sends RST. */
  reset(): void;
  /** Closes both directions. */
  close(): void;
}

/** Wraps a socket opened with `allowHalfOpen: true`. Must be called before any data can arrive. */
export function wrap(socket: Socket): Connection {
  let pieces: Uint8Array[] = [];
  let buffered = 0;
  let ended = false;
  let failure = "";
  let wake: (() => void) | undefined;
  const endedGate = Promise.withResolvers<void>();
  const closedGate = Promise.withResolvers<string>();

  const changed = () => {
    wake?.();
    wake = undefined;
  };
  socket.on("data", (piece: Uint8Array) => {
    pieces.push(piece);
    buffered += piece.length;
    if (buffered > HIGH_WATER) socket.pause();
    changed();
  });
  const onEnd = () => {
    ended = true;
    endedGate.resolve();
    changed();
  };
  socket.on("end", onEnd);
  socket.on("error", (error: Error & { code?: string }) => failure = error.code ?? error.message);
  socket.on("close", () => {
    onEnd();
    closedGate.resolve(failure);
  });

  /** All unread bytes as one piece, left unread. */
  function peek(): Uint8Array {
    if (pieces.length !== 1) pieces = [concat(pieces)];
    return pieces[0]!;
  }
  function take(count: number): Uint8Array {
    const all = peek();
    pieces = count === all.length ? [] : [all.subarray(count)];
    buffered -= count;
    return all.subarray(0, count);
  }
  /** Resolves at the next byte or end. One reader at a time. */
  function next(): Promise<void> {
    socket.resume();
    return new Promise((resolve) => wake = resolve);
  }
  function more(waitingFor: string): Promise<void> {
    return deadline(next(), () => `${waitingFor}; ${seen()}`);
  }
  function seen(): string {
    const text = latin1(peek());
    return `unread ${text.length} bytes ${JSON.stringify(text.slice(0, 300))}${
      ended ? ", peer ended" : ""
    } ${failure}`;
  }

  return {
    socket,
    ended: endedGate.promise,
    closed: closedGate.promise,
    send(bytes) {
      const data = typeof bytes === "string" ? fromLatin1(bytes) : bytes;
      const sent = new Promise<void>((resolve, reject) =>
        socket.write(data, (error) => error == null ? resolve() : reject(error))
      );
      return deadline(sent, () => `sending ${data.length} bytes`);
    },
    async arrival() {
      while (buffered === 0 && !ended) await next();
      return buffered > 0;
    },
    async readUntil(delimiter) {
      for (;;) {
        const at = latin1(peek()).indexOf(delimiter);
        if (at !== -1) return latin1(take(at + delimiter.length));
        if (ended) throw new Error(`no ${JSON.stringify(delimiter)} before the end; ${seen()}`);
        await more(`waiting for ${JSON.stringify(delimiter)}`);
      }
    },
    async readExactly(count) {
      while (buffered < count) {
        if (ended) throw new Error(`wanted ${count} bytes; ${seen()}`);
        await more(`waiting for ${count} bytes`);
      }
      return take(count);
    },
    async readSome() {
      while (buffered === 0 && !ended) await more("waiting for anything");
      return take(buffered);
    },
    async readToEnd() {
      while (!ended) await more("waiting for the end");
      return take(buffered);
    },
    async discardToEnd() {
      let count = 0;
      for (;;) {
        if (buffered === 0 && ended) return count;
        if (buffered === 0) await more(`waiting for the end after ${count} bytes`);
        count += take(buffered).length;
      }
    },
    async staysSilent(ms) {
      if (buffered === 0 && !ended) {
        await Promise.race([next(), sleep(ms)]);
      }
      if (buffered > 0 || ended) throw new Error(`expected silence; ${seen()}`);
    },
    halfClose: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
    close: () => void socket.destroy(),
  };
}

/** Rejects with `describe()` when `promise` takes longer than {@link WAIT_MS}. */
export async function deadline<T>(promise: Promise<T>, describe: () => string, ms = WAIT_MS): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing for ${ms} ms: ${describe()}`)), ms);
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}

/** Polls until `probe` answers something other than undefined or false. */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  describe: () => string,
  ms = WAIT_MS,
): Promise<Exclude<T, undefined | false>> {
  const until = Date.now() + ms;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
    if (Date.now() > until) throw new Error(`not within ${ms} ms: ${describe()}`);
    await sleep(20);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

export function fromLatin1(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(pieces as Uint8Array[]);
}
