/** Answers of random bytes: one meaning, or refused (RFC 9112). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { parseResponseHead, type ResponseHead } from "../../src/http1/response-head.ts";
import { clientResponseHead } from "../../src/http1/serialize.ts";
import { plainResponse } from "../framing/harness/plain.ts";
import { bytesOf } from "../http1/helpers.ts";
import { fuzz } from "./fuzz.ts";
import { cuts, LIMITS, messages, readInPieces, trimmed } from "./messages.ts";

const text = fc.oneof(
  {
    weight: 8,
    arbitrary: messages([
      "HTTP/1.1 200 OK",
      "HTTP/1.0 200 OK",
      "HTTP/1.1 204 No Content",
      "HTTP/1.1 304 Not Modified",
      "HTTP/1.1 103 Early Hints",
      "HTTP/1.1 999",
    ]),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => String.fromCharCode(...bytes)) },
);
const method = fc.constantFrom("GET", "HEAD");

const parse = (bytes: Uint8Array, end: number, asked: string) =>
  parseResponseHead(bytes, 0, end, asked, LIMITS);
const read = (input: string, asked: string, places: readonly number[]) =>
  readInPieces(
    input,
    places,
    (bytes, end) => parse(bytes, end, asked),
    ({ status, reasonPhrase, keepAlive, named }: ResponseHead) => ({
      status,
      reasonPhrase,
      keepAlive,
      named,
    }),
  );

fuzz(
  "answer: in pieces as whole",
  fc.property(
    text,
    method,
    cuts,
    (input, asked, places) => assert.deepEqual(read(input, asked, places), read(input, asked, [])),
  ),
);

fuzz(
  "answer: what is taken means what the plain reader takes it for, and the other way round",
  fc.property(text, method, (input, asked) => {
    const ours = read(input, asked, []);
    const plain = plainResponse(input, asked, true);
    assert.equal(typeof ours, typeof plain, `${JSON.stringify(ours)} and ${JSON.stringify(plain)}`);
    if (typeof ours !== "object" || typeof plain !== "object") {
      if (plain === "invalid") assert.notEqual(ours, "incomplete");
      return;
    }
    assert.deepEqual(
      { lines: ours.lines, body: ours.body, trailers: ours.trailers, size: ours.size },
      {
        lines: plain.lines.map(trimmed),
        body: plain.body,
        trailers: plain.trailers.map(trimmed),
        size: plain.size,
      },
    );
  }),
);

fuzz(
  "answer: the head that the client gets reads back with the same meaning, without the fields of this hop",
  fc.property(text, method, (input, asked) => {
    let head: ResponseHead | undefined;
    try {
      head = parse(bytesOf(input), input.length, asked);
    } catch {
      return; // refused: the property above says why
    }
    if (head === undefined || head.framing.kind === "chunked") return;
    const nothing = {
      added: "",
      appended: "",
      own: "",
      replacesVia: false,
      replacesReason: false,
      removed: [],
    };
    const written = clientResponseHead(head, nothing);
    const again = parse(bytesOf(written), written.length, asked)!;
    assert.equal(again.size, written.length);
    assert.deepEqual([again.status, again.reasonPhrase, again.framing], [
      head.status,
      head.reasonPhrase,
      head.framing,
    ]);
    assert.deepEqual(again.named, []);
    const lines = Array.from({ length: again.fields.count }, (_, n) => again.fields.name(n).toLowerCase());
    for (const name of ["connection", "transfer-encoding", "keep-alive", "upgrade"]) {
      assert.ok(!lines.includes(name), name);
    }
  }),
);
