/** Requests of random bytes: one meaning, or refused (RFC 9112). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { parseRequestHead, type RequestHead } from "../../src/http1/request-head.ts";
import { upstreamRequestHead } from "../../src/http1/serialize.ts";
import { plainRequest } from "../framing/harness/plain.ts";
import { bytesOf } from "../http1/helpers.ts";
import { fuzz } from "./fuzz.ts";
import { cuts, LIMITS, messages, readInPieces, trimmed } from "./messages.ts";

const text = fc.oneof(
  {
    weight: 8,
    arbitrary: messages(["GET / HTTP/1.1", "POST /a?b HTTP/1.1", "POST / HTTP/1.0", "PUT * HTTP/1.1"]),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary-ascii", maxLength: 300 }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => String.fromCharCode(...bytes)) },
);

const read = (input: string, places: readonly number[]) =>
  readInPieces(
    input,
    places,
    (bytes, end) => parseRequestHead(bytes, 0, end, LIMITS),
    ({ method, target, minor, keepAlive, upgrade }: RequestHead) => ({
      method,
      target,
      minor,
      keepAlive,
      upgrade,
    }),
  );

fuzz(
  "request: in pieces as whole",
  fc.property(text, cuts, (input, places) => assert.deepEqual(read(input, places), read(input, []))),
);

fuzz(
  "request: what is taken means what the plain reader takes it for, and what that takes is taken or refused by name",
  fc.property(text, (input) => {
    const ours = read(input, []);
    const plain = plainRequest(input);
    if (typeof ours === "object") {
      assert.ok(typeof plain === "object", `taken, but ${plain}`);
      const { method, target, minor } = ours.head as RequestHead;
      assert.equal(`${method} ${target} HTTP/1.${minor}`, plain.startLine);
      assert.deepEqual(
        { lines: ours.lines, body: ours.body, trailers: ours.trailers, size: ours.size },
        {
          lines: plain.lines.map(trimmed),
          body: plain.body,
          trailers: plain.trailers.map(trimmed),
          size: plain.size,
        },
      );
    } else if (typeof plain === "object") {
      // The only thing that the plain reader does not know.
      assert.equal(ours, "EXPECTATION_FAILED");
    } else if (plain === "invalid") {
      assert.notEqual(ours, "incomplete");
    }
  }),
);

const token = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}$/);
const value = fc.stringMatching(/^[\x21-\x7e\x80-\xff]([\x20-\x7e\x80-\xff\t]{0,20}[\x21-\x7e\x80-\xff])?$/);
const INTERPRETED = /^(content-length|transfer-encoding|expect|upgrade|connection|host)$/i;

fuzz(
  "request: what is written for the upstream reads back as it was meant",
  fc.property(
    token,
    fc.stringMatching(/^\/[\x21-\x7e\x80-\xff]{0,20}$/),
    fc.array(fc.tuple(token.filter((name) => !INTERPRETED.test(name)), value), { maxLength: 6 }),
    fc.constantFrom("none", "chunked"),
    (method, target, fields, kind) => {
      const head = upstreamRequestHead({
        method,
        target,
        host: "a.example:80",
        lines: fields.map(([name, text]) => `${name}: ${text}\r\n`).join(""),
        framing: { kind: kind as "none" | "chunked" },
        expectContinue: false,
        upgrade: "",
      });
      const parsed = parseRequestHead(bytesOf(head), 0, head.length, LIMITS)!;
      assert.equal(parsed.size, head.length);
      assert.deepEqual([parsed.method, parsed.target, parsed.framing.kind], [method, target, kind]);
      const expected = [
        ["Host", "a.example:80"],
        ...fields,
        ...(kind === "none" ? [] : [["Transfer-Encoding", kind]]),
      ];
      assert.deepEqual(expected.map((_, n) => [parsed.fields.name(n), parsed.fields.value(n)]), expected);
      assert.equal(parsed.fields.count, expected.length);
    },
  ),
);
