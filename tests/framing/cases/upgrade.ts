/** Upgrade, h2c and sockets that carried something else (RFC 9110 7.8). */
import { type FramingCase, get, post, request, seen } from "../harness/case.ts";

const DESYNC = "CONNECT and Upgrade desync of pooled sockets";
const CHAT = ["Connection: upgrade", "Upgrade: chat"];
const OFFERED = seen("GET / HTTP/1.1", CHAT);
const SWITCHING = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n";
const REFUSED = "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno";

const offer = (name: string, more: Partial<FramingCase>): FramingCase => ({
  name,
  rfc: "9110 7.8",
  cve: DESYNC,
  send: [get(CHAT)],
  client: [200],
  then: "kept",
  upstream: [OFFERED],
  ...more,
});

/** Offered, and the upstream gets `lines`. */
const passes = (name: string, lines: readonly string[], kept: readonly string[]): FramingCase =>
  offer(name, { send: [get(lines)], upstream: [seen("GET / HTTP/1.1", kept)] });

export const UPGRADE: readonly FramingCase[] = [
  passes("an offer that is not taken", CHAT, CHAT),
  passes("an offer in other cases", ["connection: UPGRADE", "UPGRADE: chat"], CHAT),
  passes("an offer with an underscore", ["Connection: upgrade", "Up_grade: chat", "X: 1"], [
    "Up_grade: chat",
    "X: 1",
  ]),
  passes("Upgrade that Connection does not name", ["Upgrade: chat"], []),
  passes("Connection: upgrade without Upgrade", ["Connection: upgrade"], []),
  passes("h2c", ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQ"], []),
  passes("h2c in capitals", ["Connection: Upgrade", "Upgrade: H2C"], []),
  passes("h2c beside another one", ["Connection: Upgrade", "Upgrade: h2c, chat"], CHAT),
  passes("h2c on a line of its own", ["Connection: Upgrade", "Upgrade: chat", "Upgrade: h2c"], CHAT),
  offer("an offer with a body is none", {
    send: [post([...CHAT, "Content-Length: 3"], "abc")],
    upstream: [seen("POST / HTTP/1.1", ["Content-Length: 3"], "abc")],
  }),
  offer("an offer in HTTP/1.0 is none", {
    send: [request("GET / HTTP/1.0", CHAT)],
    then: "closed",
    upstream: [seen("GET / HTTP/1.1")],
  }),
  offer("bytes behind an offer that is refused are the next request, not the upstream's", {
    send: [get(CHAT), "GET /two HTTP/1.1\r\nHost: h\r\n\r\n"],
    answers: [{ pieces: ["", REFUSED] }],
    client: [426, 200],
    upstream: [OFFERED, seen("GET /two HTTP/1.1")],
  }),
  offer("garbage behind an offer that is refused stays here", {
    send: [get(CHAT) + "\x16\x03\x01\0\0"],
    answers: [{ pieces: ["", REFUSED] }],
    client: [426, 400],
    then: "closed",
  }),
  offer("a switch that was asked for carries bytes, and its socket ends with it", {
    answers: [{ pieces: [SWITCHING + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"], then: "close" }],
    client: [{ status: 101, has: ["Connection: upgrade", "Upgrade: chat"] }, 200],
    then: "closed",
  }),
  offer("a switch that was not asked for", {
    send: [get()],
    answers: [{ pieces: [SWITCHING] }],
    client: [502],
    upstream: [seen("GET / HTTP/1.1")],
  }),
  offer("a switch to h2c that was not handed on", {
    send: [get(["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AA"])],
    answers: [{ pieces: [SWITCHING.replace("chat", "h2c")] }],
    client: [502],
    upstream: [seen("GET / HTTP/1.1")],
  }),
  offer("a switch to something else than was offered", {
    answers: [{ pieces: [SWITCHING.replace("chat", "other")] }],
    client: [502],
  }),
  offer("a switch to more than was offered", {
    answers: [{ pieces: [SWITCHING.replace("chat", "chat, h2c")] }],
    client: [502],
  }),
  offer("a switch in answer to a request with a body", {
    send: [post([...CHAT, "Content-Length: 3"], "abc")],
    answers: [{ pieces: [SWITCHING] }],
    client: [502],
    upstream: [seen("POST / HTTP/1.1", ["Content-Length: 3"], "abc")],
  }),
  offer("an early answer to a body: the socket is not used again", {
    rfc: "9112 9.3.2",
    cve: DESYNC,
    send: [post(["Content-Length: 6"], "abc"), "def"],
    answers: [{ pieces: ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"], early: true }],
    client: [{ status: 200, body: "ok" }],
    upstream: [],
    unfinished: true,
  }),
];
