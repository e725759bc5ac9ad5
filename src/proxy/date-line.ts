/** The Date field (RFC 9110 6.6.1), formatted at most once a second. */

let second = 0;
let line = "";

export function dateLine(): string {
  const now = Date.now();
  const current = Math.floor(now / 1000);
  if (current !== second) {
    second = current;
    line = `Date: ${new Date(now).toUTCString()}\r\n`;
  }
  return line;
}
