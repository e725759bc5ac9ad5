/** The one form in which hosts are compared. */
import { formatAddress, parseAddress } from "./ip.ts";

const DASH = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;
const UNDERSCORE = 0x5f;
const BRACKET = 0x5b;

/** Longest host name, in characters (RFC 1035 2.3.4, less the trailing dot). */
const MAX_LENGTH = 253;

/**
 * Brings a Host field or the authority of a request target into normal form: lower case, without port and one
 * trailing dot; IPv6 literals lose brackets and zone and are written as RFC 5952. Null means 400.
 *
 * Stricter than RFC 3986: letters, digits, `-`, `_` and dots between them. So there is no user information, no escape,
 * no list, and no character outside ASCII that could fold into one.
 */
export function normalizeHost(raw: string): string | null {
  if (raw.charCodeAt(0) === BRACKET) return normalizeLiteral(raw);
  let end = 0;
  let labelLength = 0;
  let hasCapitals = false;
  for (; end < raw.length; end++) {
    const code = raw.charCodeAt(end);
    if (
      (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === DASH || code === UNDERSCORE
    ) {
      labelLength++;
    } else if (code === DOT) {
      if (labelLength === 0) return null;
      labelLength = 0;
    } else if (code >= 0x41 && code <= 0x5a) {
      hasCapitals = true;
      labelLength++;
    } else if (code === COLON) {
      break;
    } else {
      return null;
    }
  }
  if (end === 0 || !isPort(raw, end)) return null;
  if (labelLength === 0) end--;
  if (end > MAX_LENGTH) return null;
  const name = end === raw.length ? raw : raw.slice(0, end);
  return hasCapitals ? name.toLowerCase() : name;
}

function normalizeLiteral(raw: string): string | null {
  const close = raw.indexOf("]");
  if (close < 0 || !isPort(raw, close + 1)) return null;
  const inner = raw.slice(1, close);
  const address = inner.includes(":") ? parseAddress(inner) : null;
  return address === null ? null : formatAddress(address);
}

/** Whether `raw` ends at `at` or goes on with a port, which may be empty (RFC 3986 3.2.3). */
function isPort(raw: string, at: number): boolean {
  if (at === raw.length) return true;
  if (raw.charCodeAt(at) !== COLON) return false;
  let port = 0;
  for (let i = at + 1; i < raw.length; i++) {
    const digit = raw.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return false;
    port = port * 10 + digit;
    if (port > 0xffff) return false;
  }
  return true;
}
