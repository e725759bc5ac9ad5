/** UTF-8 text inside strings that hold one byte a character, as heads of HTTP messages do. */

/** One well-formed multi-byte sequence (RFC 3629 section 4), or one byte that belongs to none. */
const SEQUENCE = new RegExp(
  [
    "[\\xc2-\\xdf][\\x80-\\xbf]",
    "\\xe0[\\xa0-\\xbf][\\x80-\\xbf]",
    "[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}",
    "\\xed[\\x80-\\x9f][\\x80-\\xbf]",
    "\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}",
    "[\\xf1-\\xf3][\\x80-\\xbf]{3}",
    "\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}",
    "[\\x80-\\xff]",
  ].join("|"),
  "g",
);
const NOT_ASCII = /[\x80-\uffff]/;

/**
 * Reads `bytes` (one byte a character) as UTF-8. A byte that is not part of well-formed UTF-8 becomes the lone
 * surrogate U+DC00 + byte, as Python's `surrogateescape` does: two different byte strings never give the same text,
 * and overlong forms never turn into ASCII. Characters above U+00FF, which are not bytes, stay as they are.
 */
export function decodeUtf8(bytes: string): string {
  return NOT_ASCII.test(bytes) ? bytes.replace(SEQUENCE, decodeSequence) : bytes;
}

function decodeSequence(sequence: string): string {
  const lead = sequence.charCodeAt(0);
  if (sequence.length === 1) return String.fromCharCode(0xdc00 + lead);
  let codePoint = lead & (0x7f >> sequence.length);
  for (let i = 1; i < sequence.length; i++) codePoint = (codePoint << 6) | (sequence.charCodeAt(i) & 0x3f);
  return String.fromCodePoint(codePoint);
}

const encoder = new TextEncoder();
const RAW_BYTE = /[\udc80-\udcff]/;

/** The other way: text as its UTF-8 bytes, one a character. Undoes {@link decodeUtf8}, whatever the bytes were. */
export function encodeUtf8(text: string): string {
  if (!NOT_ASCII.test(text)) return text;
  let bytes = "";
  for (const character of text) {
    bytes += RAW_BYTE.test(character) && character.length === 1
      ? String.fromCharCode(character.charCodeAt(0) - 0xdc00)
      : String.fromCharCode(...encoder.encode(character));
  }
  return bytes;
}

// deno-lint-ignore no-control-regex -- they are what is looked for
const BINARY = /[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]/;

/** Whether bytes are the beginning of a text in UTF-8, with no control characters that texts do not have. */
export function isUtf8Text(chunks: readonly Uint8Array[]): boolean {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    return !chunks.some((chunk) => BINARY.test(decoder.decode(chunk, { stream: true })));
  } catch {
    return false;
  }
}
