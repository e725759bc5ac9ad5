/** Paths as clients and attackers spell them, and requests with them. */
import fc from "fast-check";
import { parseRequestHead } from "../../src/http1/request-head.ts";
import { Exchange } from "../../src/proxy/exchange.ts";
import { LIMITS } from "../fuzz/messages.ts";
import { bytesOf } from "../http1/helpers.ts";

const piece = fc.constantFrom(
  ...["/", "/", "/", "//", "%2f", "%2F", "%252f", "\\", "%5c", "%5C", "%255c"],
  ...[".", "..", "%2e", "%2E%2e", "%252e", "...", ".a", "a."],
  ...[
    "admin",
    "Admin",
    "ADMIN",
    "%61dmin",
    "a",
    "b",
    "public",
    ";",
    ";x=1",
    "%3b",
    "+",
    "%20",
    "%23",
    "%3f",
    "~",
    ":",
  ],
  // é in both forms, dotted I, Kelvin sign, fullwidth solidus and full stop, overlong `/` and `.`, lone bytes.
  ...[
    "%c3%a9",
    "e%cc%81",
    "%c4%b0",
    "%e2%84%aa",
    "%ef%bc%8f",
    "%ef%bc%8e",
    "%c0%af",
    "%c0%ae%c0%ae",
    "%ff",
    "%80",
    "\xff",
  ],
  ...["%", "%4", "%zz", "%00", "%0d%0a", "%7f"],
);

/** One byte a character, as on the wire. */
export const rawPath: fc.Arbitrary<string> = fc.array(piece, { maxLength: 10 }).map((parts) =>
  `/${parts.join("")}`
);

/** The exchange of a GET, undefined when it is refused. */
export function exchangeOf(target: string): Exchange | undefined {
  const text = `GET ${target} HTTP/1.1\r\nHost: a.com\r\n\r\n`;
  const head = parseRequestHead(bytesOf(text), 0, text.length, LIMITS)!;
  const listener = { trustedProxies: [], spec: { port: 80 }, routes: new Map() };
  const clock = { recent: 0, now: () => 0 };
  try {
    // Of a listener, paths need nothing.
    return new Exchange(
      head,
      listener as unknown as ConstructorParameters<typeof Exchange>[1],
      { address: "10.9.9.9", protocol: "http" } as ConstructorParameters<typeof Exchange>[2],
      clock as unknown as ConstructorParameters<typeof Exchange>[3],
    );
  } catch {
    return undefined;
  }
}
