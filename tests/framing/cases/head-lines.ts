/** Field lines: folding, bare CR and LF, control characters, whitespace, names (RFC 9112 5, RFC 9110 5). */
import { type FramingCase, get, refused, seen, served } from "../harness/case.ts";

const bad = (name: string, line: string, rfc = "9110 5.5", cve?: string): FramingCase =>
  refused(name, rfc, get([line]), 400, cve);
const good = (name: string, line: string): FramingCase =>
  served(name, "9110 5.5", get([line]), seen("GET / HTTP/1.1", [line]));

/** Control characters but tab, CR and LF. */
const CONTROLS = [0, 1, 7, 8, 0x0b, 0x0c, 0x0e, 0x1b, 0x1f, 0x7f];
const hex = (code: number) => `0x${code.toString(16).padStart(2, "0")}`;

export const HEAD_LINES: readonly FramingCase[] = [
  good("an empty value", "X:"),
  good("a value without a blank", "X:1"),
  good("a value of blanks", "X: \t "),
  good("tabs in a value", "X: a\tb"),
  good("bytes above 0x7f in a value", "X: caf\xc3\xa9 \x80\xff"),
  good("every sign that a name may have", "!#$%&'*+-.^_`|~09AZaz: 1"),
  good("colons in a value", "X: a: b: c"),
  served(
    "repeated fields keep their order and case",
    "9110 5.3",
    get(["X: 1", "x: 2", "X: 1"]),
    seen("GET / HTTP/1.1", ["X: 1", "x: 2", "X: 1"]),
  ),
  ...CONTROLS.map((code) => bad(`${hex(code)} in a value`, `X: a${String.fromCharCode(code)}b`)),
  ...CONTROLS.map((code) => bad(`${hex(code)} in a name`, `X${String.fromCharCode(code)}: a`, "9110 5.1")),
  ...[...' "(),/;<=>?@[\\]{}', "\x80", "\xff"].map((sign) =>
    bad(`${JSON.stringify(sign)} in a name`, `X${sign}Y: a`, "9110 5.1")
  ),
  bad("an empty name", ": 1", "9110 5.1", "HTTP/1 request smuggling: HAProxy CVE-2023-25725"),
  bad("a line without a colon", "nonsense", "9112 5"),
  bad("a blank before the colon", "X : 1", "9112 5.1"),
  bad("a tab before the colon", "X\t: 1", "9112 5.1"),
  bad("a folded line", "X: 1\r\n 2", "9112 5.2"),
  bad("a line folded with a tab", "X: 1\r\n\t2", "9112 5.2"),
  bad("a line folded to nothing", "X: 1\r\n ", "9112 5.2"),
  refused("a first line that is folded", "9112 2.2", "GET / HTTP/1.1\r\n Host: h\r\n\r\n"),
  refused("blanks before the first name", "9112 2.2", "GET / HTTP/1.1\r\n Host: h\r\nHost: h\r\n\r\n"),
  bad("a bare LF", "X: 1\nY: 2", "9112 2.2", "HTTP/1 request smuggling: Node CVE-2024-27982"),
  bad("a bare CR", "X: 1\rY: 2", "9112 2.2"),
  bad("a bare CR at the end of a value", "X: 1\r", "9112 2.2"),
  bad("a bare CR before the name", "\rX: 1", "9112 2.2"),
  refused("bare LFs only", "9112 2.2", "GET / HTTP/1.1\nHost: h\n\n"),
  refused("a bare LF behind the request line", "9112 2.2", "GET / HTTP/1.1\nHost: h\r\n\r\n"),
  refused("an end of bare LFs", "9112 2.2", "GET / HTTP/1.1\r\nHost: h\r\n\n"),
  refused("an end of CR CR LF", "9112 2.2", "GET / HTTP/1.1\r\nHost: h\r\n\r\r\n"),
  refused("an end of CR x", "9112 2.2", "GET / HTTP/1.1\r\nHost: h\r\n\rx"),
  refused("an empty line in the head ends it", "9112 2.1", "GET / HTTP/1.1\r\n\r\nHost: h\r\n\r\n"),
  refused("CRLF CR LF cut in the middle", "9112 2.2", ["GET / HTTP/1.1\r\nHost: h\r\n\r", "x\n"]),
];
