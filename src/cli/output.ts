/** Text to standard output and error, in order and complete, whatever is behind the descriptors. */
import { write } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A pipe that is full says so where descriptors do not block. */
const RETRY_MS = 10;

/** Resolves when all of `text` is written, or when nobody reads it any more. */
export async function printTo(descriptor: number, text: string): Promise<void> {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(await writeSome(descriptor, rest));
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (code !== "EAGAIN") return; // EPIPE: `albatross table | head`
      await sleep(RETRY_MS);
    }
  }
}

function writeSome(descriptor: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, 0, bytes.length, null, (error, taken) => error ? reject(error) : resolve(taken));
  });
}
