/** HTTP/1 request heads (RFC 9112 2-3, 5): bytes in, a {@link RequestHead} out, or a reason to refuse. */
import { GatewayError } from "../errors.ts";
import { decodeAscii, decodeLatin1 } from "../lib/latin1.ts";
import { CR, LF, SP, TARGET, TOKEN } from "./chars.ts";
import { Fields, type HeadLimits } from "./fields.ts";
import {
  type BodyFraming,
  type ConnectionOptions,
  connectionOptions,
  declaredFraming,
  NO_BODY,
} from "./framing.ts";
import { FieldId } from "./known.ts";
import type { Repeated } from "./repeated.ts";

export interface RequestLimits extends HeadLimits {
  /** Bytes of the request target; beyond it 414. */
  readonly maxTargetBytes: number;
}

/** The field lines of a request and what follows from them, and from the version alone. */
export interface RequestLines {
  /** 0 or 1, of `HTTP/1.x`. */
  readonly minor: number;
  readonly fields: Fields;
  readonly framing: BodyFraming;
  readonly connection: ConnectionOptions;
  /** Whether the connection may carry another request after this one. */
  readonly keepAlive: boolean;
  /** The protocols that the client offers to switch to, "" when none is to be considered. */
  readonly upgrade: string;
  readonly expectContinue: boolean;
}

export interface RequestHead extends RequestLines {
  readonly method: string;
  /** As received. */
  readonly target: string;
  /** Bytes of the head, empty line included. */
  readonly size: number;
}

const VERSION = new TextEncoder().encode("HTTP/1.");

/**
 * Parses a head that starts at `start`. Returns undefined when `end` comes first; throws {@link GatewayError}
 * (400, 414, 417, 431, 501, 505) when it can never become a head that we serve. `last` holds the field lines that came
 * before on the connection.
 */
export function parseRequestHead(
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: RequestLimits,
  last?: Repeated<RequestLines>,
): RequestHead | undefined {
  const limit = Math.min(end, start + limits.maxHeadBytes);
  const complete = parse(bytes, start, limit, limits, last);
  if (complete === undefined && end - start >= limits.maxHeadBytes) {
    throw new GatewayError("HEADERS_TOO_LARGE", `head of more than ${limits.maxHeadBytes} bytes`, {
      limit: "request.maxHeadBytes",
    });
  }
  return complete;
}

function parse(
  bytes: Uint8Array,
  start: number,
  limit: number,
  limits: RequestLimits,
  last: Repeated<RequestLines> | undefined,
): RequestHead | undefined {
  let at = start;
  let code = 0;
  while (at < limit && TOKEN[code = bytes[at] as number] === 1) at++;
  if (at === limit) return undefined;
  const methodEnd = at;
  if (code !== SP || methodEnd === start) throw new GatewayError("BAD_REQUEST", "invalid request line");
  const targetStart = ++at;
  let seen = 0;
  while (at < limit && TARGET[code = bytes[at] as number] === 1) {
    seen |= code;
    at++;
  }
  if (at - targetStart > limits.maxTargetBytes) {
    throw new GatewayError("URI_TOO_LONG", `request target of more than ${limits.maxTargetBytes} bytes`, {
      limit: "request.maxTargetBytes",
    });
  }
  if (at === limit) return undefined;
  const targetEnd = at;
  if (code !== SP || targetEnd === targetStart) throw new GatewayError("BAD_REQUEST", "invalid request line");
  at++;
  for (let i = 0; i < VERSION.length; i++) {
    if (at === limit) return undefined;
    if (bytes[at++] !== VERSION[i]) throw badVersion(bytes, targetEnd + 1, at);
  }
  if (at + 2 >= limit) return undefined;
  const minor = (bytes[at] as number) - 0x30;
  if (minor !== 0 && minor !== 1) throw badVersion(bytes, targetEnd + 1, at + 1);
  if (bytes[at + 1] !== CR || bytes[at + 2] !== LF) {
    throw new GatewayError("BAD_REQUEST", "invalid request line");
  }
  at += 3;
  const linesStart = at;
  let lines = last?.at(bytes, at, limit);
  if (lines?.minor === minor) {
    at += (last as Repeated<RequestLines>).length;
  } else {
    const fields = new Fields();
    at = fields.parse(bytes, at, limit, limits.maxFields);
    if (at === -1) return undefined;
    lines = meaningOf(fields, minor);
    fields.isRemembered = last?.remember(bytes, linesStart, at, lines) === true;
  }
  const { fields, framing, connection, keepAlive, upgrade, expectContinue } = lines;
  const line = seen > 0x7f
    ? decodeLatin1(bytes.subarray(start, targetEnd))
    : decodeAscii(bytes, start, targetEnd);
  return {
    method: methodOf(line, methodEnd - start),
    target: line.slice(targetStart - start),
    minor,
    fields,
    framing,
    connection,
    keepAlive,
    upgrade,
    expectContinue,
    size: at - start,
  };
}

function meaningOf(fields: Fields, minor: number): RequestLines {
  const framing = declaredFraming(fields, minor) ?? NO_BODY;
  const connection = connectionOptions(fields);
  const hasBody = framing.kind !== "none" && !(framing.kind === "length" && framing.length === 0);
  let upgrade = "";
  // An upgrade with a body would leave two readers of one stream; offering it on is a MAY (RFC 9110 7.8).
  if (connection.upgrade && minor === 1 && !hasBody) upgrade = upgradeOf(fields);
  let expectContinue = false;
  const expect = fields.joinedOfId(FieldId.EXPECT);
  if (expect !== undefined && minor === 1) {
    if (expect.toLowerCase() !== "100-continue") {
      throw new GatewayError("EXPECTATION_FAILED", "unknown expectation");
    }
    expectContinue = hasBody;
  }
  const keepAlive = !connection.close && (minor === 1 || connection.keepAlive);
  return { minor, fields, framing, connection, keepAlive, upgrade, expectContinue };
}

/** One string for every request with a usual method: comparing and looking up those costs least. */
const USUAL_METHODS = ["GET", "POST", "PUT", "HEAD", "DELETE", "PATCH", "OPTIONS"];

function methodOf(text: string, end: number): string {
  for (let i = 0; i < USUAL_METHODS.length; i++) {
    const method = USUAL_METHODS[i] as string;
    if (method.length === end && text.startsWith(method)) return method;
  }
  return text.slice(0, end);
}

/** All Upgrade lines but h2c, which would let a client talk past the gateway (RFC 9113 3.1 removed it). */
function upgradeOf(fields: Fields): string {
  const protocols: string[] = [];
  for (let index = 0; index < fields.count; index++) {
    if (fields.id(index) !== FieldId.UPGRADE) continue;
    for (const item of fields.value(index).split(",")) {
      const protocol = item.trim();
      if (protocol !== "" && protocol.toLowerCase() !== "h2c") protocols.push(protocol);
    }
  }
  return protocols.join(", ");
}

/** `start` is where the version should be, `end` lies behind the first byte that is not as we want it. */
function badVersion(bytes: Uint8Array, start: number, end: number): GatewayError {
  return /^HTTP\/[0-9]/.test(decodeLatin1(bytes.subarray(start, end)))
    ? new GatewayError("VERSION_NOT_SUPPORTED", "only HTTP/1.0 and HTTP/1.1 are spoken on this port")
    : new GatewayError("BAD_REQUEST", "invalid request line");
}
