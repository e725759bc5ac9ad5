/** Chunked bodies of random bytes (RFC 9112 7.1). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { GatewayError } from "../../src/errors.ts";
import { ChunkedDecoder } from "../../src/http1/chunked.ts";
import { plainRequest } from "../framing/harness/plain.ts";
import { bytesOf } from "../http1/helpers.ts";
import { fuzz } from "./fuzz.ts";
import { cuts, LIMITS } from "./messages.ts";

interface Decoded {
  readonly body: string;
  readonly trailers: number;
  /** Characters consumed; undefined while it is not complete. */
  readonly size: number | undefined;
  readonly refused: string;
}

function decode(text: string, places: readonly number[]): Decoded {
  const decoder = new ChunkedDecoder(LIMITS);
  let body = "";
  let at = 0;
  const sink = {
    onData: (bytes: Uint8Array, start: number, end: number) =>
      void (body += String.fromCharCode(...bytes.subarray(start, end))),
  };
  try {
    for (const end of [...places.filter((place) => place < text.length), text.length]) {
      if (decoder.done || end < at) continue;
      const piece = bytesOf(text.slice(at, end));
      at += decoder.decode(piece, 0, piece.length, sink);
    }
  } catch (error) {
    assert.ok(error instanceof GatewayError && error.code !== "INTERNAL", String(error));
    return { body: "", trailers: 0, size: undefined, refused: error.code };
  }
  return { body, trailers: decoder.trailers?.count ?? 0, size: decoder.done ? at : undefined, refused: "" };
}

const piece = fc.constantFrom(
  ...[
    "0",
    "3",
    "5",
    "a",
    "00",
    "fff",
    "\r\n",
    "\r",
    "\n",
    "abc",
    "hello",
    ";",
    ";x",
    ';x="y"',
    " ",
    "\t",
    "-",
    "0x",
  ],
  ...[
    "\r\n\r\n",
    "0\r\n\r\n",
    "3\r\nabc\r\n",
    "X: 1\r\n",
    "X : 1\r\n",
    "Content-Length: 9\r\n",
    "\0",
    "\xff",
    "ffffffffffffffff",
  ],
);
const text = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(""));

fuzz(
  "chunked: in pieces as whole",
  fc.property(text, cuts, (input, places) => assert.deepEqual(decode(input, places), decode(input, []))),
);

fuzz(
  "chunked: decodes to what the plain reader finds, consumes as much, and refuses what that refuses",
  fc.property(text, (input) => {
    const head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    const plain = plainRequest(head + input);
    const ours = decode(input, []);
    if (typeof plain === "object") {
      assert.deepEqual(ours, {
        body: plain.body,
        trailers: plain.trailers.length,
        size: plain.size - head.length,
        refused: "",
      });
    } else {
      assert.equal(ours.size, undefined, `complete, but ${plain}`);
      if (plain === "invalid") assert.notEqual(ours.refused, "");
    }
  }),
);

fuzz(
  "chunked: any payload in any chunks comes back, whatever stands behind it",
  fc.property(
    fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 })),
    fc.uint8Array({ maxLength: 10 }),
    cuts,
    (parts, behind, places) => {
      const texts = parts.map((bytes) => String.fromCharCode(...bytes));
      const body = texts.map((each) => `${each.length.toString(16)}\r\n${each}\r\n`).join("") + "0\r\n\r\n";
      const decoded = decode(body + String.fromCharCode(...behind), places);
      assert.deepEqual(decoded, { body: texts.join(""), trailers: 0, size: body.length, refused: "" });
    },
  ),
);
