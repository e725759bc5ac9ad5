/** Percent-encoding of values that are put into URLs; texts hold one byte a character. */

/** Everything but unreserved characters (RFC 3986 2.3): what `ngx.escape_uri` leaves alone. */
const NOT_COMPONENT = /[^A-Za-z0-9\-._~]/g;

/** What cannot stand anywhere in a URL (RFC 3986 2.2), and `#`, behind which nothing would be sent. */
const NOT_URL = /[^A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=%]/g;

/** For one part of a path or query: whatever it holds, it stays one part. */
export function escapeComponent(bytes: string): string {
  return bytes.replace(NOT_COMPONENT, escapeByte);
}

/** For text that is part of a URL already: its structure and its escapes stay, the rest cannot break out of it. */
export function escapeUrl(bytes: string): string {
  return bytes.replace(NOT_URL, escapeByte);
}

/** For text that is a URL: only what no head can carry. */
export function escapeBytes(bytes: string): string {
  return bytes.replace(/[^\x21-\x7e]/g, escapeByte);
}

function escapeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
