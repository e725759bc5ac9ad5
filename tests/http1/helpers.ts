/** Bytes, limits and refusals for tests of the HTTP/1 parsers. */
import assert from "node:assert/strict";
import { type ErrorCode, GatewayError } from "../../src/errors.ts";
import { encodeLatin1 } from "../../src/lib/latin1.ts";
import { parseRequestHead, type RequestHead, type RequestLimits } from "../../src/http1/request-head.ts";
import { parseResponseHead, type ResponseHead } from "../../src/http1/response-head.ts";

export const LIMITS: RequestLimits = { maxHeadBytes: 4096, maxFields: 20, maxTargetBytes: 1024 };

/** Text to bytes, one byte a character. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  encodeLatin1(text, bytes, 0);
  return bytes;
}

/** Bytes to text, one character a byte. */
export function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** The code with which `run` is refused; fails when it throws anything but a GatewayError, undefined when nothing. */
export function refusalOf(run: () => unknown): ErrorCode | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof GatewayError, `not a GatewayError: ${error}`);
    assert.notEqual(error.code, "INTERNAL");
    return error.code;
  }
}

export function requestHead(text: string, limits = LIMITS): RequestHead | undefined {
  const bytes = bytesOf(text);
  return parseRequestHead(bytes, 0, bytes.length, limits);
}

export function responseHead(text: string, method = "GET", limits = LIMITS): ResponseHead | undefined {
  const bytes = bytesOf(text);
  return parseResponseHead(bytes, 0, bytes.length, method, limits);
}

/** What a parser made of a message, comparable. */
export function factsOf(head: RequestHead | ResponseHead | undefined): unknown {
  if (head === undefined) return undefined;
  const { fields, ...rest } = head;
  // Not of the message, but of what was written of it.
  delete (rest as { written?: unknown }).written;
  return {
    ...rest,
    fields: Array.from({ length: fields.count }, (_, index) => [
      fields.name(index),
      fields.value(index),
      fields.id(index),
    ]),
  };
}

/**
 * Parses as a connection does: what has arrived is parsed again with every part that comes in, at an offset that
 * varies. Answers with the head or the refusal, and how many parts it took.
 */
export function parseInParts<T>(
  text: string,
  cuts: readonly number[],
  parse: (bytes: Uint8Array, start: number, end: number) => T | undefined,
): T | ErrorCode | undefined {
  for (const [index, end] of [...cuts, text.length].entries()) {
    const lead = index % 3;
    const bytes = bytesOf("#".repeat(lead) + text.slice(0, end));
    let head: T | undefined;
    const refusal = refusalOf(() => head = parse(bytes, lead, bytes.length));
    if (refusal !== undefined) return refusal;
    if (head !== undefined) return head;
  }
  return undefined;
}
