/** Paths on their way out, after they were decoded for matching or rewriting. */

const encoder = new TextEncoder();

/** Characters of a path that travel as they are (RFC 3986 3.3: pchar and "/"). */
const PLAIN = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/;

/**
 * Percent-encodes a decoded path: everything but pchar and "/", "%" included, so that the upstream decodes it to the same
 * text. Lone surrogates U+DC80 to U+DCFF stand for the bytes that they were decoded from (`utf8.ts`).
 */
export function encodePath(path: string): string {
  if (PLAIN.test(path)) return path;
  let encoded = "";
  for (const character of path) {
    if (PLAIN.test(character)) encoded += character;
    else {
      const code = character.codePointAt(0) as number;
      const bytes = code >= 0xdc80 && code <= 0xdcff ? [code - 0xdc00] : encoder.encode(character);
      for (const byte of bytes) encoded += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    }
  }
  return encoded;
}
