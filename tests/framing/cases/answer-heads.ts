/** Heads of answers that are none, or have two meanings: 502, and their connection ends (RFC 9112 4, 6.3). */
import { answered, type FramingCase, post, type Script, seen } from "../harness/case.ts";

const ok = { status: 200, body: "ok" };
const bad = (name: string, answer: string, rfc = "9112 4"): FramingCase =>
  answered(name, rfc, answer, [{ status: 502, body: "X-Error: 502\n" }], "kept", "Malformed answers");
const lines = (name: string, ...fields: readonly string[]): FramingCase =>
  bad(name, `HTTP/1.1 200 OK\r\n${fields.join("\r\n")}\r\n\r\nok`, "9112 6.3");
const pass = (name: string, start: string, status: number, ...fields: readonly string[]): FramingCase =>
  answered(name, "9112 4", `${[start, "Content-Length: 2", ...fields].join("\r\n")}\r\n\r\nok`, [
    { status, body: "ok", has: fields },
  ]);

/** To a POST, which is not sent twice whatever the connection. */
const nothing = (name: string, script: Script): FramingCase => ({
  ...answered(name, "9112 8", script, [502]),
  send: [post(["Content-Length: 3"], "abc")],
  upstream: [seen("POST / HTTP/1.1", ["Content-Length: 3"], "abc")],
});

export const ANSWER_HEADS: readonly FramingCase[] = [
  pass("no reason phrase", "HTTP/1.1 200 ", 200),
  pass("no reason phrase and no blank", "HTTP/1.1 200", 200),
  pass("a reason phrase of bytes above 0x7f", "HTTP/1.1 200 \xc3\xa9", 200),
  pass("a status that nobody knows", "HTTP/1.1 299 Odd", 299),
  pass("a status beyond 599", "HTTP/1.1 999 Odd", 999),
  pass("repeated Set-Cookie lines", "HTTP/1.1 200 OK", 200, "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2, c"),
  pass("fields in any case", "HTTP/1.1 200 OK", 200, "x-LOWER: 1", "X-Empty:"),
  answered("pieces of one byte", "9112 2.2", {
    pieces: [..."HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"],
  }, [ok]),
  answered(
    "a head of 60 kB",
    "9112 2.3",
    `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: ${"a".repeat(60_000)}\r\n\r\nok`,
    [ok],
  ),
  bad("a head of 100 kB", `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: ${"a".repeat(100_000)}\r\n\r\nok`),
  bad("a head of 300 lines", `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${"X: 1\r\n".repeat(300)}\r\nok`),
  bad("another protocol", "SSH-2.0-OpenSSH_9.2\r\n"),
  bad("HTTP/0.9", "<html>ok</html>\r\n\r\n"),
  bad("HTTP/2 frames", "\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80"),
  bad("HTTP/2.0", "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok"),
  bad("a version in lower case", "http/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
  bad("an empty line in front", "\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
  bad("two digits", "HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok"),
  bad("four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok"),
  bad("a status below 100", "HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok"),
  bad("a negative status", "HTTP/1.1 -20 OK\r\nContent-Length: 2\r\n\r\nok"),
  bad("letters for a status", "HTTP/1.1 abc OK\r\nContent-Length: 2\r\n\r\nok"),
  bad("two blanks before the status", "HTTP/1.1  200 OK\r\nContent-Length: 2\r\n\r\nok"),
  bad("a tab before the status", "HTTP/1.1\t200 OK\r\nContent-Length: 2\r\n\r\nok"),
  bad("a control character in the phrase", "HTTP/1.1 200 O\x01K\r\nContent-Length: 2\r\n\r\nok"),
  bad("a bare LF behind the status line", "HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok"),
  bad("a bare CR in the status line", "HTTP/1.1 200 O\rK\r\nContent-Length: 2\r\n\r\nok"),
  lines("both length and chunks", "Content-Length: 2", "Transfer-Encoding: chunked"),
  lines("two lengths, equal", "Content-Length: 2", "Content-Length: 2"),
  lines("two lengths, different", "Content-Length: 2", "Content-Length: 3"),
  lines("a list of lengths", "Content-Length: 2, 2"),
  lines("a length with a plus", "Content-Length: +2"),
  lines("a negative length", "Content-Length: -2"),
  lines("an empty length", "Content-Length:"),
  lines("a length in hexadecimal", "Content-Length: 0x2"),
  lines("a length beyond integers", "Content-Length: 99999999999999999999"),
  lines("a coding that we do not know", "Transfer-Encoding: gzip"),
  lines("a coding before chunked", "Transfer-Encoding: gzip, chunked"),
  lines("chunked, identity", "Transfer-Encoding: chunked, identity"),
  lines("chunked twice", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
  lines("xchunked", "Transfer-Encoding: xchunked"),
  bad(
    "chunks in HTTP/1.0",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "9112 6.1",
  ),
  lines("a blank before the colon", "Content-Length : 2"),
  lines("a folded line", "Content-Length: 2", "X: 1\r\n 2"),
  lines("a line without a colon", "Content-Length: 2", "nonsense"),
  lines("an empty name", "Content-Length: 2", ": 1"),
  lines("NUL in a value", "Content-Length: 2", "X: \0"),
  lines("a bare CR in a value", "Content-Length: 2", "Location: /\rSet-Cookie: evil=1"),
  lines("a bare LF in a value", "Content-Length: 2", "Location: /\nSet-Cookie: evil=1"),
  nothing("nothing, then the end", { pieces: [""], then: "close" }),
  nothing("nothing, then a reset", { pieces: [""], then: "reset" }),
  answered(
    "half a head, then the end",
    "9112 8",
    { pieces: ["HTTP/1.1 200 OK\r\nContent-"], then: "close" },
    [502],
  ),
  answered(
    "half a head, then a reset",
    "9112 8",
    { pieces: ["HTTP/1.1 200 OK\r\nContent-"], then: "reset" },
    [502],
  ),
];
