/** Bytes to strings and back, one byte a character, as HTTP/1 heads are (RFC 9110 5.5). */

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Decodes bytes that are all below 0x80; the caller has checked. */
export function decodeAscii(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

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
 * Characters above 0xff cannot occur in what we serialise; they are written as `?`.
 */
export function encodeLatin1(text: string, target: Uint8Array, offset: number): number {
  const { length } = text;
  if (target.length - offset < length) return -1;
  const { read, written } = encoder.encodeInto(text, offset === 0 ? target : target.subarray(offset));
  if (read === length && written === length) return length;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    target[offset + i] = code > 0xff ? 0x3f : code;
  }
  return length;
}
