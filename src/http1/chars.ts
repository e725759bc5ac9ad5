/** Which bytes may stand where in an HTTP/1 head, as lookup tables (RFC 9110 5.6.2, 5.5; RFC 9112 3). */

export const CR = 0x0d;
export const LF = 0x0a;
export const SP = 0x20;
export const HTAB = 0x09;
export const COLON = 0x3a;

/** tchar: what methods and field names are made of. */
export const TOKEN = table((code) =>
  code < 0x80 && /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(code))
);

/** field-vchar, obs-text, SP and HTAB: everything but the control characters. */
export const FIELD_VALUE = table((code) => code === HTAB || (code >= SP && code !== 0x7f));

/**
 * What a request target may hold: visible ASCII, and bytes above it, which browsers do not send but old clients do.
 * SP ends it, everything else is refused.
 */
export const TARGET = table((code) => code > SP && code !== 0x7f);

function table(allowed: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => allowed(code) ? 1 : 0);
}
