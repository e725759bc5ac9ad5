/** Trailer sections: what may stand in them and what of it goes on (RFC 9110 6.5, RFC 9112 7.1.2). */
import { chunks, type FramingCase, refusedBody, seen, served } from "../harness/case.ts";
import { HEARSAY } from "./forged.ts";

const CHUNKED = ["Transfer-Encoding: chunked"];
const ABC = "3\r\nabc\r\n0\r\n";

const passes = (
  name: string,
  trailers: readonly string[],
  kept: readonly string[],
  cve?: string,
): FramingCase =>
  served(
    name,
    "9110 6.5.1",
    chunks(`${ABC}${trailers.map((line) => `${line}\r\n`).join("")}\r\n`),
    seen("POST / HTTP/1.1", CHUNKED, "abc") + (kept.length === 0 ? "" : `\n[trailers]\n${kept.join("\n")}`),
    cve,
  );
const bad = (name: string, trailers: string, status = 400, cve?: string): FramingCase =>
  refusedBody(name, "9112 5", chunks(`${ABC}${trailers}\r\n\r\n`), status, cve);

const FORGED = [
  "X-Forwarded-For",
  "X-Real-IP",
  "X-Forwarded-Proto",
  "X-Forwarded-Host",
  "X-Forwarded-Port",
  "X-Scheme",
  "X-Original-URI",
  "X-Original-URL",
  "X-Original-Method",
];

export const TRAILERS: readonly FramingCase[] = [
  passes("trailers go on, in order", ["X-Sum: 1", "X-Sum: 2", "X-Empty:"], [
    "X-Sum: 1",
    "X-Sum: 2",
    "X-Empty:",
  ]),
  passes("Content-Length", ["Content-Length: 100", "X: 1"], ["X: 1"], "HTTP/1 request smuggling"),
  passes("Transfer-Encoding", ["X: 1", "Transfer-Encoding: chunked"], ["X: 1"], "HTTP/1 request smuggling"),
  passes("Host", ["Host: evil"], [], "Host confusion"),
  passes("Connection, Upgrade, TE, Keep-Alive", [
    "Connection: X",
    "Upgrade: h2c",
    "TE: x",
    "Keep-Alive: 1",
    "X: 1",
  ], ["X: 1"]),
  passes("Expect and Trailer", ["Expect: 100-continue", "Trailer: X"], []),
  passes("credentials", ["Authorization: Basic eDp5", "Proxy-Authorization: x", "Cookie: a=b"], []),
  passes("what describes the content", [
    "Content-Type: text/html",
    "Content-Encoding: gzip",
    "Content-Range: bytes 0-1/2",
  ], []),
  passes(
    "fields that the gateway sets",
    FORGED.map((name) => `${name}: 6.6.6.6`),
    [],
    "Identity header spoofing",
  ),
  passes(
    "fields that the gateway sets, with underscores",
    FORGED.map((name) => `${name.replaceAll("-", "_")}: 6.6.6.6`),
    [],
    "Identity header spoofing",
  ),
  passes(
    "fields in which proxies speak of the client",
    HEARSAY.flatMap((name) => [`${name}: x`, `${name.replaceAll("-", "_")}: x`]),
    [],
    "Identity header spoofing",
  ),
  passes("Content_Length and Transfer_Encoding", ["Content_Length: 1", "Transfer_Encoding: chunked"], []),
  served(
    "what follows a trailer section is the next request",
    "9112 7.1.2",
    chunks(`${ABC}X: 1\r\n\r\nGET /two HTTP/1.1\r\nHost: h\r\n\r\n`),
    [seen("POST / HTTP/1.1", CHUNKED, "abc") + "\n[trailers]\nX: 1", seen("GET /two HTTP/1.1")],
  ),
  bad("a line without a colon", "nonsense"),
  bad("a folded line", "X: 1\r\n 2"),
  bad("a blank before the colon", "X : 1"),
  bad("a blank at the start", " X: 1"),
  bad("an empty name", ": 1"),
  bad("a bare LF", "X: 1\nY: 2"),
  bad("a bare CR", "X: 1\rY: 2"),
  bad("NUL in a value", "X: \0"),
  bad("a request line", "GET /smuggled HTTP/1.1\r\nHost: h", 400, "HTTP/1 request smuggling"),
  bad("300 lines", Array(300).fill("X: 1").join("\r\n"), 431, "Header count"),
  bad("a line of 100 kB", `X: ${"a".repeat(100_000)}`, 431, "Header size"),
];
