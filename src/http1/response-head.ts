/** HTTP/1 response heads of upstreams (RFC 9112 4-6). */
import { GatewayError } from "../errors.ts";
import { decodeAscii, decodeLatin1 } from "../lib/latin1.ts";
import { CR, FIELD_VALUE, LF, SP } from "./chars.ts";
import { Fields, type HeadLimits } from "./fields.ts";
import { type BodyFraming, connectionOptions, declaredFraming, NO_BODY, UNTIL_CLOSE } from "./framing.ts";
import type { Repeated } from "./repeated.ts";

export interface ResponseHead {
  readonly status: number;
  readonly reasonPhrase: string;
  readonly fields: Fields;
  readonly framing: BodyFraming;
  /** Whether the connection may carry another request after this answer. */
  readonly keepAlive: boolean;
  /** Lower-case names of fields that end at this hop. */
  readonly named: readonly string[];
  /** Bytes of the head, empty line included. */
  readonly size: number;
  /** What `clientResponseHead` made of it last: answers that repeat a head share it. */
  written: WrittenHead | undefined;
}

/** The head of an answer as a client got it, and what it depended on. */
export interface WrittenHead {
  readonly drop: Uint8Array;
  readonly added: string;
  readonly appended: string;
  readonly removed: readonly string[];
  /** Without lines of its own, and without the empty line. */
  readonly lines: string;
  /** With the empty line. */
  readonly text: string;
}

const VERSION = new TextEncoder().encode("HTTP/1.");

/**
 * Parses a head that starts at `start`; `requestMethod` decides whether a body follows (RFC 9112 6.3). Returns undefined
 * when `end` comes first; throws {@link GatewayError} when the bytes are no head that can be relayed safely. `last` holds
 * the head that came before on the connection.
 */
export function parseResponseHead(
  bytes: Uint8Array,
  start: number,
  end: number,
  requestMethod: string,
  limits: HeadLimits,
  last?: Repeated<ResponseHead>,
): ResponseHead | undefined {
  const limit = Math.min(end, start + limits.maxHeadBytes);
  // What follows from an answer to HEAD does not follow from the same bytes to any other method.
  const repeated = requestMethod === "HEAD" ? undefined : last;
  const known = repeated?.at(bytes, start, limit);
  if (known !== undefined) return known;
  const complete = parse(bytes, start, limit, requestMethod, limits);
  if (complete !== undefined && repeated !== undefined) {
    complete.fields.isRemembered = repeated.remember(bytes, start, start + complete.size, complete);
  }
  if (complete === undefined && end - start >= limits.maxHeadBytes) {
    throw new GatewayError("UPSTREAM_PROTOCOL", `answer head of more than ${limits.maxHeadBytes} bytes`, {
      limit: "maxResponseHeadBytes",
    });
  }
  return complete;
}

function parse(
  bytes: Uint8Array,
  start: number,
  limit: number,
  requestMethod: string,
  limits: HeadLimits,
): ResponseHead | undefined {
  let at = start;
  for (let i = 0; i < VERSION.length; i++) {
    if (at === limit) return undefined;
    if (bytes[at++] !== VERSION[i]) throw new GatewayError("UPSTREAM_PROTOCOL", "answer is not HTTP/1");
  }
  // Minor version, SP, three digits, and the byte behind them.
  if (at + 5 >= limit) return undefined;
  const minor = (bytes[at] as number) - 0x30;
  const status = statusOf(bytes, at + 2);
  if ((minor !== 0 && minor !== 1) || bytes[at + 1] !== SP || status === -1) {
    throw new GatewayError("UPSTREAM_PROTOCOL", "invalid status line");
  }
  at += 5;
  // Some leave out the space with the phrase; anything else here means that the code was not three digits.
  if (bytes[at] !== SP && bytes[at] !== CR) {
    throw new GatewayError("UPSTREAM_PROTOCOL", "invalid status line");
  }
  const phraseStart = bytes[at] === SP ? at + 1 : at;
  at = phraseStart;
  let code = bytes[at] as number;
  let seen = 0;
  while (at < limit && FIELD_VALUE[code = bytes[at] as number] === 1) {
    seen |= code;
    at++;
  }
  if (at + 1 >= limit) {
    if (at < limit && code !== CR) throw new GatewayError("UPSTREAM_PROTOCOL", "invalid status line");
    return undefined;
  }
  if (code !== CR || bytes[at + 1] !== LF) throw new GatewayError("UPSTREAM_PROTOCOL", "invalid status line");
  const phraseEnd = at;
  const fields = new Fields();
  at = fields.parse(bytes, at + 2, limit, limits.maxFields);
  if (at === -1) return undefined;
  const bodiless = requestMethod === "HEAD" || status < 200 || status === 204 || status === 304;
  const declared = declaredFraming(fields, minor);
  const framing = bodiless ? NO_BODY : declared ?? UNTIL_CLOSE;
  const connection = connectionOptions(fields);
  return {
    status,
    reasonPhrase: phraseOf(bytes, phraseStart, phraseEnd, seen > 0x7f),
    fields,
    framing,
    keepAlive: !connection.close && (minor === 1 || connection.keepAlive) && framing.kind !== "close",
    named: connection.named,
    size: at - start,
    written: undefined,
  };
}

function phraseOf(bytes: Uint8Array, start: number, end: number, extended: boolean): string {
  // What nearly all say is not worth a call.
  if (end - start === 2 && bytes[start] === 0x4f && bytes[start + 1] === 0x4b) return "OK";
  return extended ? decodeLatin1(bytes.subarray(start, end)) : decodeAscii(bytes, start, end);
}

/** Three digits from 100 to 599 and beyond (RFC 9110 15 leaves 6xx to 9xx to be treated as 5xx); -1 otherwise. */
function statusOf(bytes: Uint8Array, at: number): number {
  let status = 0;
  for (let i = 0; i < 3; i++) {
    const digit = (bytes[at + i] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    status = status * 10 + digit;
  }
  return status >= 100 ? status : -1;
}
