/** Messages that are right, nearly right, and wrong; and how the gateway's parsers read them in pieces. */
import fc from "fast-check";
import { type ErrorCode, GatewayError } from "../../src/errors.ts";
import { ChunkedDecoder } from "../../src/http1/chunked.ts";
import type { Fields } from "../../src/http1/fields.ts";
import type { BodyFraming } from "../../src/http1/framing.ts";
import type { RequestLimits } from "../../src/http1/request-head.ts";
import { bytesOf } from "../http1/helpers.ts";

export const LIMITS: RequestLimits = { maxHeadBytes: 64 * 1024, maxFields: 200, maxTargetBytes: 16 * 1024 };

const odd = fc.constantFrom(
  ..."\r\n\t\0 :;,=-+_.\"'()x09aAfF\x7f\x80\xff\xa0\v\f".split(""),
  ...[
    "\r\n",
    "\n\n",
    "\r\n\r\n",
    "\r\n ",
    "\r\n\t",
    " :",
    ": ",
    "0x",
    "chunked",
    "identity",
    "HTTP/1.1",
    "00",
    "%00",
  ],
);

const line = fc.constantFrom(
  "Host: h",
  "host: i",
  "Content-Length: 3",
  "Content-Length: 0",
  "content-length: 5",
  "Content-Length: +3",
  "Content-Length: 3, 3",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: CHUNKED ",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding:\tchunked",
  "Transfer_Encoding: chunked",
  "Connection: close, X",
  "Connection: upgrade",
  "Upgrade: chat",
  "Expect: 100-continue",
  "X: \xff",
  "X:",
  "X : 1",
  " folded",
  "Trailer: X",
);

const body = fc.constantFrom(
  "",
  "abc",
  "3\r\nabc\r\n0\r\n\r\n",
  "3;x=y\r\nabc\r\n0\r\nX: 1\r\n\r\n",
  "0\r\n\r\n",
  "3\nabc\n0\n\n",
  "-1\r\n",
  "ffffffffffffff\r\n",
  "3 \r\nabc\r\n0\r\n\r\n",
  "5\r\nab",
);

/** Messages that begin with one of these lines, with up to four edits anywhere. */
export function messages(startLines: readonly string[]): fc.Arbitrary<string> {
  const whole = fc.tuple(fc.constantFrom(...startLines), fc.array(line, { maxLength: 5 }), body, body)
    .map(([start, lines, first, behind]) => [start, ...lines, "", first + behind].join("\r\n"));
  const edit = fc.record({ at: fc.nat(400), drop: fc.nat(3), insert: fc.oneof(odd, fc.constant("")) });
  return fc.tuple(whole, fc.array(edit, { maxLength: 4 })).map(([text, edits]) =>
    edits.reduce((edited, { at, drop, insert }) => {
      const place = at % (edited.length + 1);
      return edited.slice(0, place) + insert + edited.slice(place + drop);
    }, text)
  );
}

/** Where to cut a text into pieces; sorted. */
export const cuts: fc.Arbitrary<readonly number[]> = fc.array(fc.nat(300), { maxLength: 8 })
  .map((places) => [...places].sort((a, b) => a - b));

/** What the gateway made of a message. */
export interface Reading {
  readonly head: unknown;
  readonly lines: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
  /** Characters of the whole message. */
  readonly size: number;
}

interface Head {
  readonly fields: Fields;
  readonly framing: BodyFraming;
  readonly size: number;
}

/** Reads a message as a connection does, piece by piece; anything thrown but a {@link GatewayError} is a failure. */
export function readInPieces<H extends Head>(
  text: string,
  places: readonly number[],
  parse: (bytes: Uint8Array, end: number) => H | undefined,
  factsOf: (head: H) => unknown,
): Reading | "incomplete" | ErrorCode {
  try {
    const bytes = bytesOf(text);
    const ends = [...places.filter((place) => place < text.length), text.length];
    let head: H | undefined;
    let arrived = 0;
    while (head === undefined && ends.length > 0) {
      arrived = ends.shift() as number;
      head = parse(bytes.slice(0, arrived), arrived);
    }
    if (head === undefined) return "incomplete";
    const { framing, fields, size } = head;
    const facts = { head: factsOf(head), lines: linesOf(fields) };
    if (framing.kind === "none") return { ...facts, body: "", trailers: [], size };
    if (framing.kind === "close") {
      return { ...facts, body: text.slice(size), trailers: [], size: text.length };
    }
    if (framing.kind === "length") {
      const end = size + framing.length;
      return text.length < end
        ? "incomplete"
        : { ...facts, body: text.slice(size, end), trailers: [], size: end };
    }
    const decoder = new ChunkedDecoder(LIMITS);
    let decoded = "";
    let at = size;
    const sink = {
      onData: (piece: Uint8Array, start: number, end: number) => {
        decoded += String.fromCharCode(...piece.subarray(start, end));
      },
    };
    for (const end of [arrived, ...ends]) {
      if (decoder.done) break;
      const piece = bytes.slice(at, end);
      at += decoder.decode(piece, 0, piece.length, sink);
    }
    if (!decoder.done) return "incomplete";
    const { trailers } = decoder;
    return { ...facts, body: decoded, trailers: trailers === undefined ? [] : linesOf(trailers), size: at };
  } catch (error) {
    if (error instanceof GatewayError && error.code !== "INTERNAL") return error.code;
    throw error;
  }
}

/** `name: value`, blanks around the value removed. */
function linesOf(fields: Fields): string[] {
  return Array.from({ length: fields.count }, (_, index) => `${fields.name(index)}: ${fields.value(index)}`);
}

/** The same of a line as it stands on the wire. */
export function trimmed(line: string): string {
  const colon = line.indexOf(":");
  return `${line.slice(0, colon)}: ${line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "")}`;
}
