/** Bytes to strings and back, one byte a character, as HTTP/1 heads are (RFC 9110 5.5). */

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** What Node's `Buffer` has on its prototype, beyond its public methods, and runs on any `Uint8Array`. */
interface BufferMethods {
  latin1Slice?(this: Uint8Array, start: number, end: number): string;
  latin1Write?(this: Uint8Array, text: string, offset: number, length: number): number;
}

const { latin1Slice, latin1Write } = fastMethods();

/**
 * Those that beat `TextDecoder` and `TextEncoder`: they make no views. Writing does so only where it is native code, as
 * on Bun; Deno's is a loop, five times as slow as its `TextEncoder`.
 */
function fastMethods(): BufferMethods {
  const { prototype } = (globalThis as { Buffer?: { prototype: BufferMethods } }).Buffer ?? { prototype: {} };
  const { latin1Slice, latin1Write } = prototype;
  const isNative = latin1Write?.toString().includes("[native code]") === true;
  return {
    ...(latin1Slice === undefined ? {} : { latin1Slice }),
    ...(latin1Write !== undefined && isNative ? { latin1Write } : {}),
  };
}

/** Decodes `bytes[start..end)`, which are all below 0x80; the caller has checked. */
export const decodeAscii: (bytes: Uint8Array, start: number, end: number) => string =
  latin1Slice === undefined
    ? (bytes, start, end) =>
      decoder.decode(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end))
    : (bytes, start, end) => latin1Slice.call(bytes, start, end);

/** Decodes any bytes. Slow: only for the rare head that has bytes above 0x7f. */
export function decodeLatin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}

/**
 * Writes `text` into `target` at `offset` and returns the number of bytes written; -1 when it does not fit.
 * Characters above 0xff cannot occur in what we serialise.
 */
export const encodeLatin1: (text: string, target: Uint8Array, offset: number) => number =
  latin1Write === undefined ? encodeWithEncoder : (text, target, offset) => {
    const { length } = text;
    return target.length - offset < length ? -1 : latin1Write.call(target, text, offset, length);
  };

function encodeWithEncoder(text: string, target: Uint8Array, offset: number): number {
  const { length } = text;
  if (target.length - offset < length) return -1;
  const { read, written } = encoder.encodeInto(text, offset === 0 ? target : target.subarray(offset));
  if (read === length && written === length) return length;
  for (let i = 0; i < length; i++) target[offset + i] = text.charCodeAt(i);
  return length;
}
