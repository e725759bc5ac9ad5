/** A connection that repeats itself is understood as one that does not: what is remembered decides nothing. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { Repeated } from "../../src/http1/repeated.ts";
import { parseRequestHead, type RequestLines } from "../../src/http1/request-head.ts";
import { parseResponseHead, type ResponseHead } from "../../src/http1/response-head.ts";
import { bytesOf, factsOf, LIMITS, refusalOf } from "./helpers.ts";

/** Few, so that neighbours in a sequence are often the same, nearly the same, or the start of one another. */
const line = fc.constantFrom(
  "Host: a\r\n",
  "Host: b\r\n",
  "X: 1\r\n",
  "X: 2\r\n",
  "Connection: close\r\n",
  "Connection: upgrade\r\n",
  "Upgrade: websocket\r\n",
  "Content-Length: 2\r\n",
  "Content-Length: 0\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Expect: 100-continue\r\n",
  "X: caf\xe9\r\n",
  "bad\r\n",
);
const lines = fc.array(line, { maxLength: 4 }).map((parts) => parts.join(""));
/** Whole sections, and what comes in when a read ends early. */
const section = fc.tuple(lines, fc.constantFrom("\r\n", "\r\n", "\r\n", "", "\r")).map((parts) =>
  parts.join("")
);
const repeats = <T>(one: fc.Arbitrary<T>) =>
  fc.array(fc.tuple(one, fc.integer({ min: 1, max: 4 })), { minLength: 1, maxLength: 5 })
    .map((runs) => runs.flatMap(([item, times]) => Array<T>(times).fill(item)));

/** What a parser says of each text, with and without memory, at a shifting place in a larger buffer. */
function outcomes(
  texts: readonly string[],
  parse: (bytes: Uint8Array, start: number, end: number) => unknown,
) {
  return texts.map((text, index) => {
    const bytes = bytesOf("x".repeat(index % 3) + text + "GET");
    let outcome: unknown;
    const refusal = refusalOf(() => outcome = parse(bytes, index % 3, bytes.length - 3));
    return refusal ?? outcome;
  });
}

describe("heads that are repeated", () => {
  it("requests mean what they mean without memory", () => {
    const start = fc.constantFrom(
      "GET / HTTP/1.1\r\n",
      "POST /a?b=\xe9 HTTP/1.1\r\n",
      "GET /other HTTP/1.0\r\n",
    );
    const request = fc.tuple(start, section).map((parts) => parts.join(""));
    fc.assert(
      fc.property(repeats(request), (texts) => {
        const last = new Repeated<RequestLines>();
        const facts = (last?: Repeated<RequestLines>) =>
          outcomes(texts, (bytes, from, to) => factsOf(parseRequestHead(bytes, from, to, LIMITS, last)));
        assert.deepEqual(facts(last), facts());
      }),
      { numRuns: 1000 },
    );
  });

  it("answers mean what they mean without memory, whatever was asked", () => {
    const start = fc.constantFrom(
      "HTTP/1.1 200 OK\r\n",
      "HTTP/1.1 204 \xe9\r\n",
      "HTTP/1.0 200\r\n",
      "HTTP/1.1 100 C\r\n",
    );
    const answer = fc.tuple(start, section).map((parts) => parts.join(""));
    const asked = fc.array(fc.constantFrom("GET", "HEAD", "POST"), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(repeats(answer), asked, (texts, methods) => {
        const last = new Repeated<ResponseHead>();
        const facts = (last?: Repeated<ResponseHead>) => {
          let at = 0;
          return outcomes(
            texts,
            (bytes, from, to) =>
              factsOf(parseResponseHead(bytes, from, to, methods[at++] as string, LIMITS, last)),
          );
        };
        assert.deepEqual(facts(last), facts());
      }),
      { numRuns: 1000 },
    );
  });

  it("share the fields that were remembered, and only while they are the same", () => {
    const last = new Repeated<RequestLines>();
    const fieldsOf = (text: string) => {
      const bytes = bytesOf(text);
      return parseRequestHead(bytes, 0, bytes.length, LIMITS, last)!.fields;
    };
    const first = fieldsOf("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert.equal(fieldsOf("POST /b HTTP/1.1\r\nHost: a\r\n\r\n"), first);
    assert.notEqual(fieldsOf("GET / HTTP/1.0\r\nHost: a\r\n\r\n"), first);
    assert.notEqual(fieldsOf("GET / HTTP/1.1\r\nHost: b\r\n\r\n"), first);
  });

  it("are looked for rarely where nothing repeats, and at once again where something does", () => {
    const last = new Repeated<number>();
    const bytes = new Uint8Array(8);
    const attempts = (count: number) =>
      Array.from({ length: count }, (_, n) => {
        last.remember(bytes, 0, 8, n);
        return last.length > 0;
      }).filter(Boolean).length;
    assert.equal(attempts(5), 4, "all but the last");
    assert.equal(attempts(160), 10);
    while (last.length === 0) last.remember(bytes, 0, 8, 7);
    assert.equal(typeof last.at(bytes, 0, 8), "number");
    assert.equal(attempts(4), 4);
  });

  it("are not remembered when they are long", () => {
    const last = new Repeated<string>();
    const bytes = new Uint8Array(3000);
    for (let times = 0; times < 3; times++) last.remember(bytes, 0, 2049, "long");
    assert.equal(last.at(bytes, 0, bytes.length), undefined);
    assert.equal(last.length, 0);
    last.remember(bytes, 0, 2048, "short enough");
    assert.equal(last.at(bytes, 0, bytes.length), "short enough");
    assert.equal(last.at(bytes, 0, 2047), undefined);
  });
});
