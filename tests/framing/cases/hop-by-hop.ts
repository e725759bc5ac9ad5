/** Fields of one hop, and what `Connection` may strike out (RFC 9110 7.6.1). */
import { type FramingCase, get, post, request, seen, served } from "../harness/case.ts";

const ABUSE = "Hop-by-hop abuse: Traefik CVE-2024-45410";

const passes = (name: string, lines: readonly string[], kept: readonly string[], cve = ABUSE): FramingCase =>
  served(name, "9110 7.6.1", get(lines), seen("GET / HTTP/1.1", kept), cve);

const closes = (name: string, value: string): FramingCase => ({
  name,
  rfc: "9112 9.6",
  send: [get([`Connection: ${value}`]) + request("GET /two HTTP/1.1")],
  client: [{ status: 200, body: "/", has: ["Connection: close"] }],
  then: "closed",
  upstream: [seen("GET / HTTP/1.1")],
});

export const HOP_BY_HOP: readonly FramingCase[] = [
  passes("Connection: X-Forwarded-For", ["Connection: X-Forwarded-For"], []),
  passes("Connection: X-Real-IP, X-Forwarded-Proto", ["Connection: X-Real-IP, X-Forwarded-Proto"], []),
  passes("Connection names every field of ours", [
    "Connection: X-Scheme, X-Forwarded-Host, X-Forwarded-Port, X-Original-URI, X-Original-URL, X-Original-Method",
  ], []),
  passes("Connection: Host", ["Connection: Host"], []),
  passes("Connection: X", ["Connection: X", "X: 1", "Y: 2"], ["Y: 2"]),
  passes("Connection names a field in another case", ["Connection: x-LOW", "X-Low: 1", "x-low: 2"], []),
  passes("Connection names a field that stands before it", ["X: 1", "Connection: X"], []),
  passes("two Connection lines", ["Connection: X", "X: 1", "Connection: Y", "Y: 2", "Z: 3"], ["Z: 3"]),
  passes("Connection with empty members", ["Connection: ,, X ,", "X: 1"], []),
  passes("Connection with a quoted name", ['Connection: "X"', "X: 1"], ["X: 1"]),
  passes("Connection: keep-alive", ["Connection: keep-alive", "Keep-Alive: timeout=5"], []),
  passes(
    "Keep-Alive and Proxy-Connection without Connection",
    ["Keep-Alive: 1", "Proxy-Connection: close"],
    [],
  ),
  passes("TE, Upgrade and HTTP2-Settings without Connection", [
    "TE: trailers",
    "Upgrade: x",
    "HTTP2-Settings: AA",
  ], []),
  passes(
    "Proxy-Authorization and Proxy-Authenticate",
    ["Proxy-Authorization: x", "Proxy-Authenticate: y"],
    [],
  ),
  passes("Keep_Alive, Proxy_Connection", ["Keep_Alive: 1", "Proxy_Connection: x"], []),
  passes("Trailer goes on", ["Trailer: X"], ["Trailer: X"]),
  passes("Via and Max-Forwards go on", ["Via: 1.1 x", "Max-Forwards: 0"], ["Via: 1.1 x", "Max-Forwards: 0"]),
  served(
    "Connection: Content-Length cannot unframe a body",
    "9110 7.6.1",
    post(["Connection: Content-Length", "Content-Length: 3"], "abc"),
    seen("POST / HTTP/1.1", ["Content-Length: 3"], "abc"),
    "HTTP/1 request smuggling",
  ),
  served(
    "Connection: Transfer-Encoding cannot unframe a body",
    "9110 7.6.1",
    post(["Connection: Transfer-Encoding", "Transfer-Encoding: chunked"], "3\r\nabc\r\n0\r\n\r\n"),
    seen("POST / HTTP/1.1", ["Transfer-Encoding: chunked"], "abc"),
    "HTTP/1 request smuggling",
  ),
  closes("Connection: close", "close"),
  closes("Connection: CLOSE", "CLOSE"),
  closes("Connection: close, X", "close, X"),
  closes("Connection: keep-alive, close", "keep-alive, close"),
  {
    name: "Connection: closed is not close",
    rfc: "9110 7.6.1",
    send: [get(["Connection: closed"])],
    client: [200],
    then: "kept",
    upstream: [seen("GET / HTTP/1.1")],
  },
  {
    name: "HTTP/1.0 with keep-alive",
    rfc: "9112 9.3",
    send: [request("GET / HTTP/1.0", ["Connection: keep-alive"])],
    client: [{ status: 200, has: ["Connection: keep-alive"] }],
    then: "kept",
    upstream: [seen("GET / HTTP/1.1")],
  },
  {
    name: "HTTP/1.0 with Proxy-Connection: keep-alive",
    rfc: "9112 C.2.2",
    send: [request("GET / HTTP/1.0", ["Proxy-Connection: keep-alive"]) + request("GET /two HTTP/1.0")],
    client: [200],
    then: "closed",
    upstream: [seen("GET / HTTP/1.1")],
  },
];
