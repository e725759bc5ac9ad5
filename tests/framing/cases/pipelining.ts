/** Several requests on one connection, with something wrong in one of them (RFC 9112 9.3.2). */
import { type FramingCase, get, post, request, seen } from "../harness/case.ts";

const TWO = request("GET /two HTTP/1.1");
const SEEN = seen("GET / HTTP/1.1");
const SEEN_TWO = seen("GET /two HTTP/1.1");

/** The first is served, the second refused, the third never looked at. */
const second = (name: string, broken: string, status = 400): FramingCase => ({
  name,
  rfc: "9112 9.3.2",
  send: [get() + broken + TWO],
  client: [200, { status, has: ["Connection: close"] }],
  then: "closed",
  upstream: [SEEN],
});

export const PIPELINING: readonly FramingCase[] = [
  {
    name: "three in one piece",
    rfc: "9112 9.3.2",
    send: [get() + post(["Content-Length: 3"], "abc") + TWO],
    client: [{ status: 200, body: "/" }, 200, { status: 200, body: "/two" }],
    then: "kept",
    upstream: [SEEN, seen("POST / HTTP/1.1", ["Content-Length: 3"], "abc"), SEEN_TWO],
  },
  {
    name: "twenty in one piece",
    rfc: "9112 9.3.2",
    send: [get().repeat(20)],
    client: Array(20).fill(200),
    then: "kept",
    upstream: Array(20).fill(SEEN),
  },
  {
    name: "two, and FIN behind them",
    rfc: "9112 9.6",
    send: [get() + TWO],
    fin: true,
    client: [200, 200],
    then: "closed",
    upstream: [SEEN, SEEN_TWO],
  },
  {
    name: "two, the second cut in its head by FIN",
    rfc: "9112 8",
    send: [get() + TWO.slice(0, -2)],
    fin: true,
    client: [200],
    then: "closed",
    upstream: [SEEN],
  },
  {
    name: "two, the second cut in its body by FIN",
    rfc: "9112 8",
    send: [get(["X: 1"]) + post(["Content-Length: 5"], "abc")],
    fin: true,
    client: [200],
    then: "closed",
    upstream: [seen("GET / HTTP/1.1", ["X: 1"])],
    unfinished: true,
  },
  {
    name: "an answer that fails lets the next request through",
    rfc: "9112 9.3.2",
    send: [get() + TWO],
    answers: [{ pieces: ["nonsense\r\n\r\n"] }],
    client: [502, { status: 200, body: "/two" }],
    then: "kept",
    upstream: [SEEN, SEEN_TWO],
  },
  {
    name: "an answer that is cut ends the connection",
    rfc: "9112 8",
    send: [get() + TWO],
    answers: [{ pieces: ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"], then: "close" }],
    client: [],
    then: "cut",
    upstream: [SEEN],
  },
  {
    name: "HEAD and GET",
    rfc: "9110 9.3.2",
    send: [request("HEAD / HTTP/1.1") + TWO],
    methods: ["HEAD"],
    client: [{ status: 200, has: ["Content-Length: 1"] }, { status: 200, body: "/two" }],
    then: "kept",
    upstream: [seen("HEAD / HTTP/1.1"), SEEN_TWO],
  },
  {
    name: "nothing behind Connection: close is looked at",
    rfc: "9112 9.6",
    send: [get(["Connection: close"]) + "garbage\0" + TWO],
    client: [200],
    then: "closed",
    upstream: [SEEN],
  },
  second("garbage in the second", "\0\r\n\r\n"),
  second("no Host in the second", "GET /smuggled HTTP/1.1\r\n\r\n"),
  second(
    "both lengths in the second",
    post(["Content-Length: 3", "Transfer-Encoding: chunked"], "0\r\n\r\n"),
  ),
  second("two lengths in the second", post(["Content-Length: 3", "Content-Length: 4"], "abcd")),
  second("a bare LF in the second", "GET /smuggled HTTP/1.1\nHost: h\n\n"),
  second("a folded line in the second", get(["X: 1\r\n 2"])),
  second("CONNECT in the second", request("CONNECT h:80 HTTP/1.1"), 501),
  second("another version in the second", request("GET / HTTP/2.0"), 505),
  second("an expectation in the second", post(["Content-Length: 3", "Expect: x"], "abc"), 417),
  second("a target too long in the second", request(`GET /${"a".repeat(20_000)} HTTP/1.1`), 414),
  {
    ...second("a bad chunk in the second", post(["Transfer-Encoding: chunked"], "3\r\nabcd\r\n0\r\n\r\n")),
    unfinished: true,
  },
];
