/**
 * Lines to somebody who may not listen. Traffic never waits for them: a reader that is slow, gone or out of space costs
 * lines, which are counted, and nothing else.
 */

/** Hands `bytes` over and calls back once, later, with how many were taken. */
export type WriteBytes = (bytes: Uint8Array, done: (error: Error | null, taken: number) => void) => void;

export interface LineWriterOptions {
  readonly write: WriteBytes;
  /** Characters that are worth a write of their own. */
  readonly flushSize?: number;
  /** How long a line may wait for others. */
  readonly flushMs?: number;
  /** Characters kept while the reader is slow; lines beyond are dropped. */
  readonly maxPending?: number;
}

export interface LineWriter {
  /** Queues a line, without its end. Never blocks, never throws. */
  write(line: string): void;
  /** Likewise `count` lines, with the ends between them. */
  writeLines(lines: string, count: number): void;
  /** Resolves when what was queued before has been written or given up, at the latest after `timeoutMs`. */
  flush(timeoutMs: number): Promise<void>;
  /** Lines lost so far. */
  dropped(): number;
}

const encoder = new TextEncoder();

/** How long a full pipe is left alone. One that blocks never says EAGAIN: its write just takes longer. */
const RETRY_MS = 20;

export function createLineWriter(options: LineWriterOptions): LineWriter {
  const { write, flushSize = 16 * 1024, flushMs = 200, maxPending = 1024 * 1024 } = options;
  let pending = "";
  let pendingLines = 0;
  let dropped = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let writing = false;
  /** The file ends in the middle of a line, because an error cut a write. */
  let torn = false;
  let waiting: (() => void)[] = [];

  function begin(): void {
    if (timer !== undefined) clearTimeout(timer);
    timer = undefined;
    if (writing) return;
    if (pending === "") {
      const done = waiting;
      waiting = [];
      for (const resolve of done) resolve();
      return;
    }
    const bytes = encoder.encode(torn ? `\n${pending}` : pending);
    const lines = pendingLines;
    pending = "";
    pendingLines = 0;
    writing = true;
    send(bytes, lines);
  }

  function send(bytes: Uint8Array, lines: number): void {
    write(bytes, (error, taken) => {
      if (error === null && taken >= bytes.length) return settle(0, false);
      if (error !== null && errorCode(error) !== "EAGAIN") return settle(lines, torn);
      const rest = bytes.subarray(taken);
      const linesTaken = countLines(bytes.subarray(0, taken));
      torn = taken === 0 ? torn : bytes[taken - 1] !== 0x0a;
      const again = () => send(rest, Math.max(0, lines - linesTaken));
      if (error === null && taken > 0) again();
      else setTimeout(again, RETRY_MS);
    });
  }

  function settle(lost: number, isTorn: boolean): void {
    dropped += lost;
    torn = isTorn;
    writing = false;
    if (waiting.length > 0 || pending.length >= flushSize) begin();
    else if (pending !== "") schedule();
  }

  function schedule(): void {
    timer ??= setTimeout(begin, flushMs);
  }

  function writeLines(lines: string, count: number): void {
    if (pending.length + lines.length > maxPending) {
      dropped += count;
      return;
    }
    pending += lines + "\n";
    pendingLines += count;
    if (writing) return;
    if (pending.length >= flushSize) begin();
    else schedule();
  }

  return {
    write: (line) => writeLines(line, 1),
    writeLines,
    async flush(timeoutMs) {
      let late: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        late = setTimeout(resolve, timeoutMs);
        begin();
      });
      clearTimeout(late);
    },
    dropped: () => dropped,
  };
}

function errorCode(error: Error): string {
  return "code" in error ? String(error.code) : "";
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (const byte of bytes) if (byte === 0x0a) lines++;
  return lines;
}
