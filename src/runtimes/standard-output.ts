/** Standard output and error, written on helper threads: a pipe that nobody reads must not stop the event loop. */
import { write as writeDescriptor } from "node:fs";

/** Hands `bytes` over and calls back once, later, with how many were taken; they must not change until then. */
type Write = (bytes: Uint8Array, done: (error: Error | null, taken: number) => void) => void;

interface DenoStream {
  write(bytes: Uint8Array): Promise<number>;
}

declare const Deno: { readonly stdout: DenoStream; readonly stderr: DenoStream };

/** Under Deno, `node:fs` and `process.stdout` write to pipes on the thread of the event loop; only its own API does not. */
export function standardOutput(name: "stdout" | "stderr"): Write {
  if ("Deno" in globalThis) {
    const stream = Deno[name];
    return (bytes, done) =>
      void stream.write(bytes).then((taken) => done(null, taken), (error) => done(error, 0));
  }
  const descriptor = name === "stdout" ? 1 : 2;
  return (bytes, done) =>
    writeDescriptor(descriptor, bytes, 0, bytes.length, null, (error, taken) => done(error, taken ?? 0));
}
