import { describe, it } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ErrorCode } from "../../src/errors.ts";
import { parseRequestHead } from "../../src/http1/request-head.ts";
import { bytesOf, factsOf, LIMITS, parseInParts, refusalOf, requestHead } from "./helpers.ts";

const H = "Host: a\r\n";

/** Name (with the section that decides), head, and what it is refused with. */
const REFUSED: readonly (readonly [name: string, head: string, code: ErrorCode])[] = [
  // Request line.
  ["RFC 9112 3: no method", ` / HTTP/1.1\r\n${H}\r\n`, "BAD_REQUEST"],
  ["RFC 9110 9.1: a method is a token", `GE(T / HTTP/1.1\r\n${H}\r\n`, "BAD_REQUEST"],
  ["RFC 9112 3: two spaces before the target", `GET  / HTTP/1.1\r\n${H}\r\n`, "BAD_REQUEST"],
  ["RFC 9112 3: two spaces behind the target", `GET /  HTTP/1.1\r\n${H}\r\n`, "BAD_REQUEST"],
  ["RFC 9112 3: a tab for a space", `GET\t/ HTTP/1.1\r\n${H}\r\n`, "BAD_REQUEST"],
  ["RFC 9112 3: a space behind the version", `GET / HTTP/1.1 \r\n${H}\r\n`, "BAD_REQUEST"],
  ["RFC 9112 3.2: no target", `GET HTTP/1.1\r\n${H}\r\n`, "BAD_REQUEST"],
  ["RFC 9112 3.2: a space in the target", `GET /a b HTTP/1.1\r\n${H}\r\n`, "BAD_REQUEST"],
  ["RFC 9112 3.2: NUL in the target", `GET /a\0b HTTP/1.1\r\n${H}\r\n`, "BAD_REQUEST"],
  ["RFC 9112 3.2: DEL in the target", `GET /a\x7fb HTTP/1.1\r\n${H}\r\n`, "BAD_REQUEST"],
  ["RFC 9112 3.2: a tab in the target", `GET /a\tb HTTP/1.1\r\n${H}\r\n`, "BAD_REQUEST"],
  ["RFC 9112 2.2: a bare LF ends the request line", `GET / HTTP/1.1\n${H}\r\n`, "BAD_REQUEST"],
  ["RFC 9112 2.2: a bare CR in the request line", `GET /\r HTTP/1.1\r\n${H}\r\n`, "BAD_REQUEST"],
  ["RFC 9112 2.2: CR CR LF", `GET / HTTP/1.1\r\r\n${H}\r\n`, "BAD_REQUEST"],
  ["RFC 9112 2.3: HTTP/0.9", "GET /\r\n", "BAD_REQUEST"],
  ["RFC 9112 2.3: the name is upper-case", `GET / http/1.1\r\n${H}\r\n`, "BAD_REQUEST"],
  ["RFC 9112 2.3: another protocol", `GET / RTSP/1.1\r\n${H}\r\n`, "BAD_REQUEST"],
  ["RFC 9110 15.6.6: HTTP/1.2", `GET / HTTP/1.2\r\n${H}\r\n`, "VERSION_NOT_SUPPORTED"],
  ["RFC 9110 15.6.6: HTTP/2.0", `GET / HTTP/2.0\r\n${H}\r\n`, "VERSION_NOT_SUPPORTED"],
  ["RFC 9113 3.4: the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "VERSION_NOT_SUPPORTED"],
  ["RFC 9112 2.3: two digits of a minor version", `GET / HTTP/1.10\r\n${H}\r\n`, "BAD_REQUEST"],
  ["RFC 8446 4: a TLS handshake", "\x16\x03\x01\x02\x00\x01", "BAD_REQUEST"],
  ["RFC 9112 2.2: a space before the first field line", `GET / HTTP/1.1\r\n X: 1\r\n${H}\r\n`, "BAD_REQUEST"],
  // Field lines.
  ["RFC 9112 5.1: a space before the colon", `GET / HTTP/1.1\r\nHost : a\r\n\r\n`, "BAD_REQUEST"],
  ["RFC 9112 5.1: a tab before the colon", `GET / HTTP/1.1\r\nHost\t: a\r\n\r\n`, "BAD_REQUEST"],
  ["RFC 9112 5.2: a folded line", `GET / HTTP/1.1\r\n${H}X: 1\r\n 2\r\n\r\n`, "BAD_REQUEST"],
  ["RFC 9112 5.2: a line folded with a tab", `GET / HTTP/1.1\r\n${H}X: 1\r\n\t2\r\n\r\n`, "BAD_REQUEST"],
  ["RFC 9110 5.1: an empty field name", `GET / HTTP/1.1\r\n${H}: 1\r\n\r\n`, "BAD_REQUEST"],
  ["RFC 9110 5.1: a field name is a token", `GET / HTTP/1.1\r\n${H}X@Y: 1\r\n\r\n`, "BAD_REQUEST"],
  ["RFC 9110 5.1: a field name is ASCII", `GET / HTTP/1.1\r\n${H}X\xe9: 1\r\n\r\n`, "BAD_REQUEST"],
  ["RFC 9112 5: no colon", `GET / HTTP/1.1\r\n${H}X\r\n\r\n`, "BAD_REQUEST"],
  ["RFC 9112 2.2: a bare LF ends a field line", `GET / HTTP/1.1\r\nHost: a\n\r\n`, "BAD_REQUEST"],
  ["RFC 9112 2.2: a bare LF ends the section", `GET / HTTP/1.1\r\n${H}\n`, "BAD_REQUEST"],
  ["RFC 9112 2.2: a bare CR in a value", `GET / HTTP/1.1\r\n${H}X: 1\r2\r\n\r\n`, "BAD_REQUEST"],
  ["RFC 9112 2.2: a bare CR for an empty line", `GET / HTTP/1.1\r\n${H}\rX\r\n\r\n`, "BAD_REQUEST"],
  ["RFC 9110 5.5: NUL in a value", `GET / HTTP/1.1\r\n${H}X: 1\x002\r\n\r\n`, "BAD_REQUEST"],
  ["RFC 9110 5.5: a control character in a value", `GET / HTTP/1.1\r\n${H}X: 1\x0b2\r\n\r\n`, "BAD_REQUEST"],
  ["RFC 9110 5.5: DEL in a value", `GET / HTTP/1.1\r\n${H}X: 1\x7f2\r\n\r\n`, "BAD_REQUEST"],
  // Framing.
  [
    "RFC 9112 6.1: Content-Length and Transfer-Encoding",
    `POST / HTTP/1.1\r\n${H}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`,
    "BAD_REQUEST",
  ],
  [
    "RFC 9112 6.1: Transfer-Encoding and Content-Length",
    `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\ncontent-length: 0\r\n\r\n`,
    "BAD_REQUEST",
  ],
  [
    "RFC 9112 6.3: two lengths",
    `POST / HTTP/1.1\r\n${H}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`,
    "BAD_REQUEST",
  ],
  [
    "RFC 9112 6.3: the same length twice",
    `POST / HTTP/1.1\r\n${H}Content-Length: 5\r\ncontent-length: 5\r\n\r\n`,
    "BAD_REQUEST",
  ],
  ...["+5", "-5", "5,5", "5, 5", "0x5", "5 5", "", "5.0", "5e1", "５", "\xb2", "1".repeat(16)]
    .filter((length) => !/[^\0-\xff]/.test(length))
    .map((length): readonly [string, string, ErrorCode] => [
      `RFC 9110 8.6: Content-Length "${length}"`,
      `POST / HTTP/1.1\r\n${H}Content-Length: ${length}\r\n\r\n`,
      "BAD_REQUEST",
    ]),
  [
    "RFC 9112 6.1: Transfer-Encoding in HTTP/1.0",
    `POST / HTTP/1.0\r\n${H}Transfer-Encoding: chunked\r\n\r\n`,
    "BAD_REQUEST",
  ],
  [
    "RFC 9112 6.1: chunked on two lines",
    `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`,
    "BAD_REQUEST",
  ],
  ...[
    "xchunked",
    "identity, chunked",
    "identity",
    "gzip, chunked",
    ",chunked",
    "chunked;q=1",
    '"chunked"',
    "chunke",
    "",
    "chunked\xa0",
  ]
    .map((coding): readonly [string, string, ErrorCode] => [
      `RFC 9112 6.1: Transfer-Encoding "${coding}"`,
      `POST / HTTP/1.1\r\n${H}Transfer-Encoding: ${coding}\r\n\r\n`,
      "METHOD_NOT_SUPPORTED",
    ]),
  ...["chunked, chunked", "chunked, identity", "chunked,", "chunked, gzip, chunked"]
    .map((coding): readonly [string, string, ErrorCode] => [
      `RFC 9112 6.3: Transfer-Encoding "${coding}"`,
      `POST / HTTP/1.1\r\n${H}Transfer-Encoding: ${coding}\r\n\r\n`,
      "BAD_REQUEST",
    ]),
  // Expectations and limits.
  [
    "RFC 9110 10.1.1: unknown expectation",
    `GET / HTTP/1.1\r\n${H}Expect: 200-ok\r\n\r\n`,
    "EXPECTATION_FAILED",
  ],
  ["RFC 9112 3: target too long", `GET /${"a".repeat(1024)} HTTP/1.1\r\n${H}\r\n`, "URI_TOO_LONG"],
  ["RFC 9112 3: target too long, end not in sight", `GET /${"a".repeat(1024)}`, "URI_TOO_LONG"],
  ["RFC 6585 5: head too large", `GET / HTTP/1.1\r\n${H}X: ${"a".repeat(4096)}\r\n\r\n`, "HEADERS_TOO_LARGE"],
  ["RFC 6585 5: method too large", "G".repeat(4096), "HEADERS_TOO_LARGE"],
  ["RFC 6585 5: too many fields", `GET / HTTP/1.1\r\n${"X: 1\r\n".repeat(21)}\r\n`, "HEADERS_TOO_LARGE"],
];

describe("parseRequestHead", () => {
  for (const [name, head, code] of REFUSED) {
    it(`refuses, ${name}`, () => assert.equal(refusalOf(() => requestHead(head)), code));
  }

  it("reads a plain head", () => {
    const head = requestHead("GET /a?b=c HTTP/1.1\r\nHost: a\r\nX-Y:  z \t\r\n\r\nGET")!;
    assert.deepEqual(factsOf(head), {
      method: "GET",
      target: "/a?b=c",
      minor: 1,
      framing: { kind: "none" },
      connection: { close: false, keepAlive: false, upgrade: false, named: [] },
      keepAlive: true,
      upgrade: "",
      expectContinue: false,
      size: 43,
      fields: [["Host", "a", 1], ["X-Y", "z", 0]],
    });
  });

  it("RFC 9110 5.5: takes bytes above 0x7f in values and targets as they are", () => {
    const head = requestHead("GET /\xe9 HTTP/1.1\r\nHost: a\r\nX: caf\xc3\xa9\r\n\r\n")!;
    assert.equal(head.target, "/\xe9");
    assert.equal(head.fields.get("x"), "caf\xc3\xa9");
  });

  it("RFC 9112 5: takes empty values, and blanks around values", () => {
    const head = requestHead("GET / HTTP/1.1\r\nHost:a\r\nX:\r\nY: \t\r\nZ:\t a b \t\r\n\r\n")!;
    assert.deepEqual([0, 1, 2, 3].map((index) => head.fields.value(index)), ["a", "", "", "a b"]);
  });

  it("RFC 9112 7.1: chunked is case-insensitive and may have blanks around it", () => {
    for (const coding of ["chunked", "Chunked", "CHUNKED", " chunked\t"]) {
      assert.equal(
        requestHead(`POST / HTTP/1.1\r\nTransfer-Encoding:${coding}\r\n\r\n`)!.framing.kind,
        "chunked",
      );
    }
  });

  it("RFC 9110 8.6: lengths may have leading zeros", () => {
    const head = requestHead("POST / HTTP/1.1\r\nContent-Length: 0005\r\n\r\n")!;
    assert.deepEqual(head.framing, { kind: "length", length: 5 });
  });

  it("field names that only look like framing declare none (rulings: field names)", () => {
    const head = requestHead("GET / HTTP/1.1\r\nContent_Length: 5\r\nTransfer_Encoding: chunked\r\n\r\n")!;
    assert.equal(head.framing.kind, "none");
  });

  it("RFC 9112 9.3: whether the connection persists", () => {
    const persists = (minor: number, lines: string) =>
      requestHead(`GET / HTTP/1.${minor}\r\n${lines}\r\n`)!.keepAlive;
    assert.equal(persists(1, ""), true);
    assert.equal(persists(1, "Connection: close\r\n"), false);
    assert.equal(persists(1, "Connection: x, CLOSE\r\n"), false);
    assert.equal(persists(1, "Connection: keep-alive\r\nConnection: close\r\n"), false);
    assert.equal(persists(0, ""), false);
    assert.equal(persists(0, "Connection: Keep-Alive\r\n"), true);
    assert.equal(persists(0, "Connection: keep-alive, close\r\n"), false);
    assert.equal(persists(1, "Connection: closed\r\n"), true);
  });

  it("RFC 9110 7.6.1: further connection options are names of fields", () => {
    const head = requestHead("GET / HTTP/1.1\r\nConnection: X-A , ,close\r\nConnection: x-B\r\n\r\n")!;
    assert.deepEqual(head.connection.named, ["x-a", "x-b"]);
  });

  it("RFC 9110 7.8: an upgrade needs the option, HTTP/1.1 and no body, and is never h2c", () => {
    const upgrade = (text: string) => requestHead(text)!.upgrade;
    assert.equal(upgrade("GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"), "websocket");
    assert.equal(upgrade("GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"), "");
    assert.equal(upgrade("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"), "");
    assert.equal(
      upgrade("GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n\r\n"),
      "",
    );
    assert.equal(
      upgrade(
        "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n\r\n",
      ),
      "",
    );
    assert.equal(
      upgrade("GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c, foo/2\r\nUpgrade: H2C\r\n\r\n"),
      "foo/2",
    );
  });

  it("RFC 9110 10.1.1: 100-continue counts with a body and in HTTP/1.1 only", () => {
    const expects = (text: string) => requestHead(text)!.expectContinue;
    assert.equal(expects("POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n"), true);
    assert.equal(expects("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n"), false);
    assert.equal(expects("POST / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n"), false);
    assert.equal(expects("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"), false);
  });

  it("says undefined for every part of a good head", () => {
    const text = "POST /a HTTP/1.1\r\nHost: a\r\nX: b c\r\nContent-Length: 3\r\n\r\n";
    for (let end = 0; end < text.length; end++) {
      assert.equal(requestHead(text.slice(0, end)), undefined, `${end}`);
    }
  });

  it("a head that fills the limit exactly is taken", () => {
    const text = `GET / HTTP/1.1\r\nX: ${"a".repeat(4096 - 23)}\r\n\r\n`;
    assert.equal(text.length, 4096);
    assert.notEqual(requestHead(text), undefined);
    assert.equal(refusalOf(() => requestHead(text.slice(0, 4095))), undefined);
    assert.equal(refusalOf(() => requestHead(text.replace("X", "XX"))), "HEADERS_TOO_LARGE");
  });
});

/** Heads that are nearly right: the alphabet is what parsers disagree on. */
const nearlyHead = fc.array(
  fc.constantFrom(
    "GET",
    " ",
    "/",
    " HTTP/1.1\r\n",
    "HTTP/1.0",
    "\r\n",
    "\r",
    "\n",
    "\t",
    "\0",
    ":",
    "Host: a\r\n",
    "Content-Length: 5\r\n",
    "Content-Length",
    "Transfer-Encoding: chunked\r\n",
    "Connection: upgrade, x\r\n",
    "Upgrade: websocket\r\n",
    "Expect: 100-continue\r\n",
    "X: \xff\r\n",
    "a",
    "\r\n\r\n",
  ),
  { maxLength: 14 },
).map((parts) => parts.join(""));

const byteText = fc.uint8Array({ maxLength: 200 }).map((bytes) => String.fromCharCode(...bytes));

describe("parseRequestHead, properties", () => {
  it("any bytes are a head, part of one, or refused with a code", () => {
    fc.assert(fc.property(fc.oneof(nearlyHead, byteText), (text) => {
      refusalOf(() => requestHead(text));
    }));
  });

  it("in parts or at once, at any offset, the outcome is the same", () => {
    const start = fc.constantFrom("", "GET / HTTP/1.1\r\n", "POST /a?b HTTP/1.1\r\nHost: a\r\n");
    const text = fc.tuple(start, nearlyHead).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, fc.array(fc.nat(120), { maxLength: 6 }), (text, cuts) => {
        const sorted = cuts.filter((cut) => cut < text.length).sort((a, b) => a - b);
        const parse = (bytes: Uint8Array, from: number, to: number) =>
          parseRequestHead(bytes, from, to, LIMITS);
        const parts = parseInParts(text, sorted, parse);
        const whole = parseInParts(text, [], parse);
        const facts = (outcome: typeof parts) => typeof outcome === "string" ? outcome : factsOf(outcome);
        assert.deepEqual(facts(parts), facts(whole));
      }),
      { numRuns: 500 },
    );
  });

  it("at every single split point, a good head is the same as whole", () => {
    const text = "POST /a?b=\xe9 HTTP/1.1\r\nHost: a:80\r\nConnection: x-a\r\nContent-Length: 12\r\n\r\n";
    const whole = factsOf(requestHead(text));
    const parse = (bytes: Uint8Array, from: number, to: number) => parseRequestHead(bytes, from, to, LIMITS);
    for (let cut = 0; cut <= text.length; cut++) {
      const outcome = parseInParts(text, [cut], parse);
      assert.deepEqual(typeof outcome === "string" ? outcome : factsOf(outcome), whole);
    }
  });

  it("what is taken has no control character anywhere", () => {
    fc.assert(fc.property(nearlyHead, (tail) => {
      const text = `GET / HTTP/1.1\r\n${tail}\r\n\r\n`;
      const bytes = bytesOf(text);
      let head: ReturnType<typeof requestHead>;
      if (refusalOf(() => head = parseRequestHead(bytes, 0, bytes.length, LIMITS)) !== undefined) return;
      if (head === undefined) return;
      for (let index = 0; index < head.fields.count; index++) {
        assert.match(head.fields.name(index), /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/);
        // deno-lint-ignore no-control-regex
        assert.doesNotMatch(head.fields.value(index), /[\0-\x08\x0a-\x1f\x7f]/);
      }
    }));
  });
});
