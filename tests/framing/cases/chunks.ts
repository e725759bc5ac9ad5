/** Chunk sizes, extensions and data (RFC 9112 7.1). The head of these requests is fine; the upstream never sees an end. */
import { chunks, type FramingCase, refusedBody, seen, served } from "../harness/case.ts";

const SMUGGLING = "HTTP/1 request smuggling";
const CHUNKED = ["Transfer-Encoding: chunked"];

const bad = (name: string, body: string, cve?: string): FramingCase =>
  refusedBody(name, "9112 7.1", chunks(body), 400, cve);
const good = (name: string, body: string, decoded: string): FramingCase =>
  served(name, "9112 7.1", chunks(body), seen("POST / HTTP/1.1", CHUNKED, decoded));

export const CHUNKS: readonly FramingCase[] = [
  good("an empty body", "0\r\n\r\n", ""),
  good("sizes in both cases", "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n", "01234567890123456789a"),
  good("a size with leading zeros", "0003\r\nabc\r\n000\r\n\r\n", "abc"),
  good("data that looks like an end", "7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n\r\n"),
  good("an extension", "3;a=b\r\nabc\r\n0;last\r\n\r\n", "abc"),
  good("an extension in quotes", '3;a="b;c d"\r\nabc\r\n0\r\n\r\n', "abc"),
  good("an empty extension", "3;\r\nabc\r\n0\r\n\r\n", "abc"),
  good("an extension with blanks behind the semicolon", "3; a = b\r\nabc\r\n0\r\n\r\n", "abc"),
  good("an extension with bytes above 0x7f", "3;\xff\r\nabc\r\n0\r\n\r\n", "abc"),
  good("a size line of 1,000 bytes", `3;${"x".repeat(990)}\r\nabc\r\n0\r\n\r\n`, "abc"),
  bad("a size that is no number", "xyz\r\nabc\r\n0\r\n\r\n"),
  bad("no size", "\r\nabc\r\n0\r\n\r\n"),
  bad("an extension without a size", ";a=b\r\nabc\r\n0\r\n\r\n"),
  bad("a negative size", "-3\r\nabc\r\n0\r\n\r\n"),
  bad("a size with a plus", "+3\r\nabc\r\n0\r\n\r\n"),
  bad("a size with 0x", "0x3\r\nabc\r\n0\r\n\r\n", SMUGGLING),
  bad("a size with an underscore", "0_3\r\nabc\r\n0\r\n\r\n", SMUGGLING),
  bad("a size with a fraction", "3.0\r\nabc\r\n0\r\n\r\n"),
  bad("a size with h", "3h\r\nabc\r\n0\r\n\r\n"),
  bad("a size beyond 2^64", "10000000000000003\r\nabc\r\n0\r\n\r\n", SMUGGLING),
  bad("a size beyond 2^53", "ffffffffffffff\r\nabc\r\n0\r\n\r\n"),
  bad("a size of many zeros", `${"0".repeat(2000)}3\r\nabc\r\n0\r\n\r\n`),
  bad("a blank before the size", " 3\r\nabc\r\n0\r\n\r\n"),
  bad("a blank behind the size", "3 \r\nabc\r\n0\r\n\r\n", SMUGGLING),
  bad("a tab behind the size", "3\t\r\nabc\r\n0\r\n\r\n"),
  bad("a blank before the semicolon", "3 ;a\r\nabc\r\n0\r\n\r\n"),
  bad("a blank within the size", "1 0\r\nabc\r\n0\r\n\r\n"),
  bad("NUL behind the size", "3\0\r\nabc\r\n0\r\n\r\n"),
  bad("a vertical tab behind the size", "3\v\r\nabc\r\n0\r\n\r\n"),
  bad("a comma behind the size", "3,a\r\nabc\r\n0\r\n\r\n"),
  bad("a bare LF behind the size", "3\nabc\r\n0\r\n\r\n", "HTTP/1 request smuggling: Go CVE-2025-22871"),
  bad("a bare CR behind the size", "3\rabc\r\n0\r\n\r\n", SMUGGLING),
  bad("two CRs behind the size", "3\r\r\nabc\r\n0\r\n\r\n"),
  bad("LF CR behind the size", "3\n\rabc\r\n0\r\n\r\n"),
  bad("a bare LF in an extension", "3;a\nabc\r\n0\r\n\r\n", "HTTP/1 request smuggling: Go CVE-2025-22871"),
  bad("a bare LF in an extension in quotes", '3;a="\n"\r\nabc\r\n0\r\n\r\n', SMUGGLING),
  bad("a CRLF in an extension in quotes", '3;a="\r\n"\r\nabc\r\n0\r\n\r\n', SMUGGLING),
  bad("a bare CR in an extension", "3;a\rb\r\nabc\r\n0\r\n\r\n", SMUGGLING),
  bad("DEL in an extension", "3;a\x7f\r\nabc\r\n0\r\n\r\n"),
  bad("a bare LF in an extension of the last chunk", "3\r\nabc\r\n0;a\n\r\n", SMUGGLING),
  bad("a size in digits beyond ASCII", "\xd9\xa3\r\nabc\r\n0\r\n\r\n"),
  bad("NUL in an extension", "3;a\0\r\nabc\r\n0\r\n\r\n"),
  bad(
    "an extension longer than a line may be",
    `3;${"x".repeat(4000)}\r\nabc\r\n0\r\n\r\n`,
    "Header size: Node CVE-2024-22019",
  ),
  bad(
    "extensions without end on many chunks",
    `1;${"x".repeat(1000)}\r\na\r\n`.repeat(100),
    "Header size: Node CVE-2024-22019",
  ),
  bad("data longer than its size", "3\r\nabcd\r\n0\r\n\r\n", SMUGGLING),
  bad("data shorter than its size", "5\r\nabc\r\n0\r\n\r\nxx", SMUGGLING),
  bad("no CRLF behind the data", "3\r\nabc0\r\n\r\n", SMUGGLING),
  bad("a bare LF behind the data", "3\r\nabc\n0\r\n\r\n", SMUGGLING),
  bad("a bare CR behind the data", "3\r\nabc\r0\r\n\r\n", SMUGGLING),
  bad("a bare LF behind the last chunk", "3\r\nabc\r\n0\n\n", SMUGGLING),
  bad("a last chunk with a bare LF at the end", "3\r\nabc\r\n0\r\n\n", SMUGGLING),
  {
    ...refusedBody(
      "a size of 2^32 + 3, which is 3 in 32 bits",
      "9112 7.1",
      chunks("100000003\r\nabc\r\n0\r\n\r\n"),
      400,
    ),
    fin: true,
    client: [],
  },
  {
    ...refusedBody("an end with 0 that has a size", "9112 7.1", chunks("3\r\nabc\r\n0\r\n"), 400),
    fin: true,
    client: [],
  },
  {
    ...refusedBody("no last chunk, then FIN", "9112 8", chunks("3\r\nabc\r\n"), 400),
    fin: true,
    client: [],
  },
  {
    ...refusedBody("no last chunk is waited for", "9112 7.1", chunks("3\r\nabc\r\n"), 400),
    client: [],
    then: "waiting",
  },
];
