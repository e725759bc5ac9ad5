/** Text of commands, in order and complete. */
import { setTimeout as sleep } from "node:timers/promises";
import type { WriteBytes } from "../telemetry/line-writer.ts";

/** A pipe that is full says so where descriptors do not block. */
const RETRY_MS = 10;

/** Resolves when all of `text` is written, or when nobody reads it any more. */
export async function printTo(write: WriteBytes, text: string): Promise<void> {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) {
    const { error, taken } = await writeSome(write, rest);
    rest = rest.subarray(taken);
    if (error === null) continue;
    if ((error as { code?: unknown }).code !== "EAGAIN") return; // EPIPE: `albatross table | head`
    await sleep(RETRY_MS);
  }
}

function writeSome(write: WriteBytes, bytes: Uint8Array): Promise<{ error: Error | null; taken: number }> {
  return new Promise((resolve) => write(bytes, (error, taken) => resolve({ error, taken })));
}
