import { describe, it } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { parseResponseHead } from "../../src/http1/response-head.ts";
import { factsOf, LIMITS, parseInParts, refusalOf, responseHead } from "./helpers.ts";

/** Name (with the section that decides) and head; what the connection makes of any refusal is a 502. */
const REFUSED: readonly (readonly [name: string, head: string])[] = [
  ["RFC 9112 4: another protocol", "SSH-2.0-OpenSSH\r\n\r\n"],
  ["RFC 9112 2.3: lower-case name", "http/1.1 200 OK\r\n\r\n"],
  ["RFC 9112 2.3: HTTP/2", "HTTP/2.0 200 OK\r\n\r\n"],
  ["RFC 9112 2.3: HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n"],
  ["RFC 9112 4: two digits", "HTTP/1.1 20 OK\r\n\r\n"],
  ["RFC 9112 4: four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
  ["RFC 9112 4: the phrase sticks to the code", "HTTP/1.1 200OK\r\n\r\n"],
  ["RFC 9112 4: a letter among the digits", "HTTP/1.1 2O0 OK\r\n\r\n"],
  ["RFC 9112 4: a code below 100", "HTTP/1.1 099 OK\r\n\r\n"],
  ["RFC 9112 4: two spaces before the code", "HTTP/1.1  200 OK\r\n\r\n"],
  ["RFC 9112 4: NUL in the phrase", "HTTP/1.1 200 O\0K\r\n\r\n"],
  ["RFC 9112 2.2: a bare CR in the phrase", "HTTP/1.1 200 O\rK\r\n\r\n"],
  ["RFC 9112 2.2: a bare LF ends the status line", "HTTP/1.1 200 OK\nX: 1\r\n\r\n"],
  ["RFC 9112 2.2: a bare LF ends a field line", "HTTP/1.1 200 OK\r\nX: 1\n\r\n"],
  ["RFC 9112 5.1: a space before the colon", "HTTP/1.1 200 OK\r\nX : 1\r\n\r\n"],
  ["RFC 9112 5.2: a folded line", "HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\n\r\n"],
  ["RFC 9110 5.1: an empty field name", "HTTP/1.1 200 OK\r\n: 1\r\n\r\n"],
  ["RFC 9110 5.5: NUL in a value", "HTTP/1.1 200 OK\r\nX: \0\r\n\r\n"],
  [
    "RFC 9112 6.3: Content-Length and Transfer-Encoding",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
  ],
  ["RFC 9112 6.3: two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
  ["RFC 9112 6.1: chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["RFC 9112 6.1: another coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"],
  ["RFC 9110 8.6: a length with a sign", "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n"],
  ["RFC 9110 8.6: a bad length in an answer to HEAD too", "HTTP/1.1 204 OK\r\nContent-Length: x\r\n\r\n"],
  ["head too large", `HTTP/1.1 200 OK\r\nX: ${"a".repeat(4096)}\r\n\r\n`],
  ["phrase too large", `HTTP/1.1 200 ${"a".repeat(4096)}`],
  ["too many fields", `HTTP/1.1 200 OK\r\n${"X: 1\r\n".repeat(21)}\r\n`],
];

describe("parseResponseHead", () => {
  for (const [name, head] of REFUSED) {
    it(`refuses, ${name}`, () => assert.notEqual(refusalOf(() => responseHead(head)), undefined));
  }

  it("reads a plain head", () => {
    assert.deepEqual(factsOf(responseHead("HTTP/1.1 200 All right\r\nContent-Length: 2\r\n\r\nhi")), {
      status: 200,
      reasonPhrase: "All right",
      framing: { kind: "length", length: 2 },
      keepAlive: true,
      named: [],
      size: 45,
      fields: [["Content-Length", "2", 2]],
    });
  });

  it("RFC 9112 4: the phrase may be empty, its space missing, its bytes above 0x7f", () => {
    assert.equal(responseHead("HTTP/1.1 200 \r\n\r\n")!.reasonPhrase, "");
    assert.equal(responseHead("HTTP/1.1 200\r\n\r\n")!.reasonPhrase, "");
    assert.equal(responseHead("HTTP/1.1 200 caf\xe9\r\n\r\n")!.reasonPhrase, "caf\xe9");
  });

  it("RFC 9110 15: codes up to 999 are taken", () => {
    assert.equal(responseHead("HTTP/1.1 999 X\r\n\r\n")!.status, 999);
  });

  it("RFC 9112 6.3: whether a body follows, and how it ends", () => {
    const kind = (status: number, lines: string, method = "GET") =>
      responseHead(`HTTP/1.1 ${status} X\r\n${lines}\r\n`, method)!.framing.kind;
    assert.equal(kind(200, "Content-Length: 5\r\n"), "length");
    assert.equal(kind(200, "Transfer-Encoding: chunked\r\n"), "chunked");
    assert.equal(kind(200, ""), "close");
    assert.equal(kind(200, "Content-Length: 5\r\n", "HEAD"), "none");
    assert.equal(kind(200, "Transfer-Encoding: chunked\r\n", "HEAD"), "none");
    assert.equal(kind(200, "", "HEAD"), "none");
    assert.equal(kind(204, "Content-Length: 5\r\n"), "none");
    assert.equal(kind(304, "Content-Length: 5\r\n"), "none");
    assert.equal(kind(103, ""), "none");
    assert.equal(kind(205, ""), "close");
  });

  it("RFC 9112 9.3: whether the connection may be used again", () => {
    const again = (minor: number, lines: string) =>
      responseHead(`HTTP/1.${minor} 200 X\r\n${lines}\r\n`)!.keepAlive;
    assert.equal(again(1, "Content-Length: 1\r\n"), true);
    assert.equal(again(1, ""), false, "the body ends with the connection");
    assert.equal(again(1, "Content-Length: 1\r\nConnection: close\r\n"), false);
    assert.equal(again(0, "Content-Length: 1\r\n"), false);
    assert.equal(again(0, "Content-Length: 1\r\nConnection: keep-alive\r\n"), true);
  });

  it("says undefined for every part of a good head", () => {
    const text = "HTTP/1.1 200 OK\r\nHost: a\r\nX: b c\r\n\r\n";
    for (let end = 0; end < text.length; end++) assert.equal(responseHead(text.slice(0, end)), undefined);
  });

  it("property: in parts or at once, the outcome is the same", () => {
    const part = fc.constantFrom(
      "HTTP/1.1 ",
      "200",
      " ",
      "OK",
      "\r\n",
      "\r",
      "\n",
      "\0",
      "Content-Length: 1\r\n",
      "Transfer-Encoding: chunked\r\n",
      "Connection: close\r\n",
      "X: \xe9\r\n",
      ":",
      "a",
    );
    const text = fc.tuple(
      fc.constantFrom("", "HTTP/1.1 200 OK\r\n"),
      fc.array(part, { maxLength: 12 }).map((parts) => parts.join("")),
    ).map((parts) => parts.join(""));
    const parse = (bytes: Uint8Array, from: number, to: number) =>
      parseResponseHead(bytes, from, to, "GET", LIMITS);
    fc.assert(
      fc.property(text, fc.array(fc.nat(80), { maxLength: 6 }), (text, cuts) => {
        const sorted = cuts.filter((cut) => cut < text.length).sort((a, b) => a - b);
        const facts = (outcome: ReturnType<typeof parseInParts<NonNullable<ReturnType<typeof parse>>>>) =>
          typeof outcome === "string" ? outcome : factsOf(outcome);
        assert.deepEqual(facts(parseInParts(text, sorted, parse)), facts(parseInParts(text, [], parse)));
      }),
      { numRuns: 500 },
    );
  });
});
