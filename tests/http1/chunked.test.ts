import { describe, it } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { ChunkedDecoder } from "../../src/http1/chunked.ts";
import type { ErrorCode } from "../../src/errors.ts";
import { bytesOf, LIMITS, refusalOf, textOf } from "./helpers.ts";

interface Decoded {
  readonly payload: string;
  readonly done: boolean;
  /** What stands behind the body. */
  readonly rest: string;
  readonly trailers: readonly (readonly [string, string])[];
}

/** Decodes `text`, cut at `cuts`, each part at an offset of its own. */
function decode(text: string, cuts: readonly number[] = []): Decoded {
  const decoder = new ChunkedDecoder(LIMITS);
  let payload = "";
  let rest = "";
  let from = 0;
  for (const [index, to] of [...cuts, text.length].entries()) {
    const lead = index % 4;
    const bytes = bytesOf("!".repeat(lead) + text.slice(from, to) + "!");
    const end = bytes.length - 1;
    const at = decoder.decode(bytes, lead, end, {
      onData: (input, start, stop) => payload += textOf(input.subarray(start, stop)),
    });
    rest += textOf(bytes.subarray(at, end));
    from = to;
  }
  const { trailers } = decoder;
  const fields = Array.from(
    { length: trailers?.count ?? 0 },
    (_, index) => [trailers!.name(index), trailers!.value(index)] as const,
  );
  return { payload, done: decoder.done, rest, trailers: fields };
}

const REFUSED: readonly (readonly [name: string, body: string, code?: ErrorCode])[] = [
  ["RFC 9112 7.1: no size", "\r\nhello\r\n"],
  ["RFC 9112 7.1: a size that is no number", "g\r\n"],
  ["RFC 9112 7.1: a size with a sign", "+5\r\nhello\r\n0\r\n\r\n"],
  ["RFC 9112 7.1: a negative size", "-5\r\nhello\r\n0\r\n\r\n"],
  ["RFC 9112 7.1: a size with 0x", "0x5\r\nhello\r\n0\r\n\r\n"],
  ["RFC 9112 7.1: a size with _", "1_0\r\nhello\r\n0\r\n\r\n"],
  ["RFC 9112 7.1: a space before the size", " 5\r\nhello\r\n0\r\n\r\n"],
  ["RFC 9112 7.1: a space behind the size", "5 \r\nhello\r\n0\r\n\r\n"],
  ["RFC 9112 7.1: a tab behind the size", "5\t\r\nhello\r\n0\r\n\r\n"],
  ["RFC 9112 7.1: a size of 2^64", "10000000000000000\r\n"],
  ["RFC 9112 7.1: a size of 2^32 and more, with zeros in front", "00000000100000000\r\n"],
  ["RFC 9112 7.1: a size beyond what a double holds", "20000000000001\r\n"],
  ["RFC 9112 7.1: a bare LF behind the size", "5\nhello\r\n0\r\n\r\n"],
  ["RFC 9112 7.1: a bare CR behind the size", "5\rhello\r\n0\r\n\r\n"],
  ["RFC 9112 7.1: no CRLF behind the data", "5\r\nhello0\r\n\r\n"],
  ["RFC 9112 7.1: a bare LF behind the data", "5\r\nhello\n0\r\n\r\n"],
  ["RFC 9112 7.1: a bare CR behind the data", "5\r\nhello\r0\r\n\r\n"],
  ["RFC 9112 7.1: more data than announced", "4\r\nhello\r\n0\r\n\r\n"],
  ["RFC 9112 7.1: less data than announced", "6\r\nhello\r\n0\r\n\r\n"],
  ["RFC 9112 7.1.1: blanks before the extension", "5 ;a=b\r\nhello\r\n0\r\n\r\n"],
  ["RFC 9112 7.1.1: an extension without a size", ";a=b\r\nhello\r\n0\r\n\r\n"],
  ["RFC 9112 7.1.1: a bare LF in an extension", "5;a\nb\r\nhello\r\n0\r\n\r\n"],
  ["RFC 9112 7.1.1: a bare CR in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n"],
  ["RFC 9112 7.1.1: NUL in an extension", "5;a\0\r\nhello\r\n0\r\n\r\n"],
  ["RFC 9112 7.1.1: an endless extension", `5;${"a".repeat(1100)}`],
  ["RFC 9112 7.1.1: extensions without end", `1;${"a".repeat(900)}\r\nx\r\n`.repeat(20)],
  ["RFC 9112 7.1: endless zeros", "0".repeat(2000)],
  ["RFC 9112 7.1.2: a bare LF ends the body", "0\r\n\n"],
  ["RFC 9112 7.1.2: a bare CR ends the body", "0\r\n\rX"],
  ["RFC 9112 7.1.2: a folded trailer", "0\r\nX: 1\r\n 2\r\n\r\n"],
  ["RFC 9112 7.1.2: a space before the colon of a trailer", "0\r\nX : 1\r\n\r\n"],
  ["RFC 9112 7.1.2: NUL in a trailer", "0\r\nX: \0\r\n\r\n"],
  ["RFC 9112 7.1.2: trailers beyond the limit", `0\r\nX: ${"a".repeat(5000)}\r\n\r\n`, "HEADERS_TOO_LARGE"],
  ["RFC 9112 7.1.2: too many trailers", `0\r\n${"X: 1\r\n".repeat(30)}\r\n`, "HEADERS_TOO_LARGE"],
];

describe("ChunkedDecoder", () => {
  for (const [name, body, code = "BAD_REQUEST"] of REFUSED) {
    it(`refuses, ${name}`, () => {
      assert.equal(refusalOf(() => decode(body)), code);
      // Byte by byte it gets no further, except that a trailer line is looked at when it ends.
      const cuts = Array.from({ length: Math.min(body.length, 3000) }, (_, index) => index + 1);
      assert.equal(refusalOf(() => decode(`${body}\n`, cuts)), code);
    });
  }

  const ACCEPTED: readonly (readonly [name: string, body: string, expected: Decoded])[] = [
    ["one chunk", "5\r\nhello\r\n0\r\n\r\n", { payload: "hello", done: true, rest: "", trailers: [] }],
    ["no chunk", "0\r\n\r\n", { payload: "", done: true, rest: "", trailers: [] }],
    ["the next message", "0\r\n\r\nGET /", { payload: "", done: true, rest: "GET /", trailers: [] }],
    ["upper and lower case sizes", "A\r\n0123456789\r\na\r\n0123456789\r\n00\r\n\r\n", {
      payload: "01234567890123456789",
      done: true,
      rest: "",
      trailers: [],
    }],
    ["RFC 9112 7.1.1: extensions are read over", '5;a;b=c;d="e f"\r\nhello\r\n0;x\r\n\r\n', {
      payload: "hello",
      done: true,
      rest: "",
      trailers: [],
    }],
    ["RFC 9112 7.1.2: trailers", "1\r\nx\r\n0\r\nA: 1\r\nB:\t2 \r\n\r\n.", {
      payload: "x",
      done: true,
      rest: ".",
      trailers: [["A", "1"], ["B", "2"]],
    }],
    ["payload that looks like chunks", "7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n", {
      payload: "0\r\n\r\n\r\n",
      done: true,
      rest: "",
      trailers: [],
    }],
    ["an incomplete body", "5\r\nhel", { payload: "hel", done: false, rest: "", trailers: [] }],
  ];
  for (const [name, body, expected] of ACCEPTED) {
    it(`reads ${name}, whole and cut anywhere`, () => {
      assert.deepEqual(decode(body), expected);
      for (let cut = 0; cut <= body.length; cut++) {
        assert.deepEqual(decode(body, [cut]), expected, `cut at ${cut}`);
      }
    });
  }

  it("property: chunks cut anywhere decode to what was encoded", () => {
    const chunk = fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 40 });
    const extension = fc.constantFrom("", ";a", ";a=b", ';q="0"');
    const body = fc.record({
      chunks: fc.array(fc.tuple(chunk, extension), { maxLength: 8 }),
      trailers: fc.array(fc.tuple(fc.constantFrom("A", "B-c"), fc.constantFrom("", "1", "x y")), {
        maxLength: 3,
      }),
      rest: fc.constantFrom("", "GET / HTTP/1.1\r\n", "0\r\n\r\n"),
      cuts: fc.array(fc.nat(400), { maxLength: 8 }),
    });
    fc.assert(fc.property(body, ({ chunks, trailers, rest, cuts }) => {
      const encoded = chunks.map(([data, ext]) =>
        `${data.length.toString(16)}${ext}\r\n${data}\r\n`
      ).join("") +
        `0\r\n${trailers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
      const text = encoded + rest;
      const sorted = cuts.filter((cut) => cut < text.length).sort((a, b) => a - b);
      assert.deepEqual(decode(text, sorted), {
        payload: chunks.map(([data]) => data).join(""),
        done: true,
        rest,
        trailers,
      });
    }));
  });

  it("property: any bytes are a body, part of one, or refused; cut or not, the outcome is the same", () => {
    const part = fc.constantFrom(
      "0",
      "5",
      "a",
      "\r\n",
      "\r",
      "\n",
      ";",
      " ",
      "hello",
      "X: 1",
      ":",
      "\0",
      "\xff",
      "0\r\n\r\n",
    );
    const text = fc.array(part, { maxLength: 12 }).map((parts) => `${parts.join("")}\n`);
    fc.assert(
      fc.property(text, fc.array(fc.nat(60), { maxLength: 5 }), (text, cuts) => {
        const sorted = cuts.filter((cut) => cut < text.length).sort((a, b) => a - b);
        const outcome = (at: readonly number[]) => {
          let decoded: Decoded | undefined;
          return refusalOf(() => decoded = decode(text, at)) ?? decoded;
        };
        assert.deepEqual(outcome(sorted), outcome([]));
      }),
      { numRuns: 500 },
    );
  });
});
