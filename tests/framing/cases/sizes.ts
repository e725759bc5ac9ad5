/** What a head may weigh (RFC 9110 5.4, RFC 9112 3, RFC 6585 5). The limits are the defaults of docs/configuration.md. */
import { type FramingCase, get, refused, request, seen, served } from "../harness/case.ts";

const SIZE = "Header count and size";

export const SIZES: readonly FramingCase[] = [
  served(
    "a target of 16,000 bytes",
    "9110 4.1",
    request(`GET /${"a".repeat(15_999)} HTTP/1.1`),
    seen(`GET /${"a".repeat(15_999)} HTTP/1.1`),
  ),
  served(
    "a value of 60,000 bytes",
    "9110 5.4",
    get([`X: ${"a".repeat(60_000)}`]),
    seen("GET / HTTP/1.1", [`X: ${"a".repeat(60_000)}`]),
  ),
  served(
    "199 lines",
    "9110 5.4",
    get(Array(199).fill("X: 1")),
    seen("GET / HTTP/1.1", Array(199).fill("X: 1")),
  ),
  refused("200 lines beside Host", "6585 5", get(Array(200).fill("X: 1")), 431, SIZE),
  refused("10,000 lines", "6585 5", get(Array(10_000).fill("X: 1")), 431, `${SIZE}: nginx CVE-2026-49975`),
  refused("a value of 1 MB", "6585 5", get([`X: ${"a".repeat(1_000_000)}`]), 431, SIZE),
  refused("a name of 1 MB", "6585 5", get([`${"a".repeat(1_000_000)}: 1`]), 431, SIZE),
  refused("a name without end", "6585 5", `GET / HTTP/1.1\r\nHost: h\r\n${"a".repeat(100_000)}`, 431, SIZE),
  refused(
    "many lines below 200, too large together",
    "6585 5",
    get(Array(100).fill(`X: ${"a".repeat(1000)}`)),
    431,
    SIZE,
  ),
  refused("cookies of 100 kB", "6585 5", get(Array(100).fill(`Cookie: a=${"b".repeat(1000)}`)), 431, SIZE),
  refused(
    "a head in two pieces, too large together",
    "6585 5",
    [
      `GET / HTTP/1.1\r\nHost: h\r\nX: ${"a".repeat(40_000)}`,
      `${"a".repeat(40_000)}\r\n\r\n`,
    ],
    431,
    SIZE,
  ),
  refused(
    "a target of 20,000 bytes",
    "9110 15.5.15",
    request(`GET /${"a".repeat(20_000)} HTTP/1.1`),
    414,
    SIZE,
  ),
  refused("a target of 1 MB", "9110 15.5.15", request(`GET /${"a".repeat(1_000_000)} HTTP/1.1`), 414, SIZE),
  refused(
    "a query of 20,000 bytes",
    "9110 15.5.15",
    request(`GET /?${"a".repeat(20_000)} HTTP/1.1`),
    414,
    SIZE,
  ),
  refused("a target without end", "9110 15.5.15", `GET /${"a".repeat(20_000)}`, 414, SIZE),
  refused("a method without end", "6585 5", "A".repeat(100_000), 431, SIZE),
];
