/** How the end of a body is found (RFC 9112 6), and what `Connection` says (RFC 9110 7.6.1). */
import { GatewayError } from "../errors.ts";
import { type Fields, SPAN } from "./fields.ts";
import { FieldId } from "./known.ts";

export type BodyFraming =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" }
  /** Until the connection ends; answers only. */
  | { readonly kind: "close" };

export const NO_BODY: BodyFraming = { kind: "none" };
export const CHUNKED: BodyFraming = { kind: "chunked" };
export const UNTIL_CLOSE: BodyFraming = { kind: "close" };

/**
 * Framing that the field lines declare; undefined when they declare none. Refuses everything that two readers could
 * take differently (RFC 9112 6.3, 11.2): both Content-Length and Transfer-Encoding, more than one of either, a
 * Transfer-Encoding other than `chunked`, one in HTTP/1.0, a length that is not plain digits.
 */
export function declaredFraming(fields: Fields, minor: number): BodyFraming | undefined {
  if (!fields.has(FieldId.CONTENT_LENGTH) && !fields.has(FieldId.TRANSFER_ENCODING)) return undefined;
  const { spans } = fields;
  let length: string | undefined;
  let coding: string | undefined;
  for (let at = 0; at < spans.length; at += SPAN) {
    const id = spans[at + 4];
    if (id === FieldId.CONTENT_LENGTH) {
      if (length !== undefined) throw new GatewayError("BAD_REQUEST", "more than one Content-Length");
      length = fields.text.slice(spans[at + 2], spans[at + 3]);
    } else if (id === FieldId.TRANSFER_ENCODING) {
      if (coding !== undefined) throw new GatewayError("BAD_REQUEST", "more than one Transfer-Encoding");
      coding = fields.text.slice(spans[at + 2], spans[at + 3]);
    }
  }
  if (coding !== undefined) {
    if (length !== undefined) {
      throw new GatewayError("BAD_REQUEST", "both Content-Length and Transfer-Encoding");
    }
    if (minor === 0) throw new GatewayError("BAD_REQUEST", "Transfer-Encoding in HTTP/1.0");
    if (coding.toLowerCase() !== "chunked") throw unsupportedCoding(coding);
    return CHUNKED;
  }
  if (length === undefined) return undefined;
  return { kind: "length", length: lengthOf(length) };
}

function lengthOf(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    // 15 digits stay below 2^53.
    if (digit < 0 || digit > 9 || i === 15) throw new GatewayError("BAD_REQUEST", "invalid Content-Length");
    length = length * 10 + digit;
  }
  if (text === "") throw new GatewayError("BAD_REQUEST", "invalid Content-Length");
  return length;
}

/** A coding that we do not know is not our fault (501), one behind or beside another `chunked` is the peer's (RFC 9112 6.3). */
function unsupportedCoding(value: string): GatewayError {
  const codings = value.toLowerCase().split(",").map((coding) => coding.trim());
  const first = codings.indexOf("chunked");
  return first === -1 || first === codings.length - 1
    ? new GatewayError("METHOD_NOT_SUPPORTED", "transfer coding other than chunked")
    : new GatewayError("BAD_REQUEST", "chunked is not the last transfer coding, or not the only one");
}

/** What the `Connection` lines of a message say. */
export interface ConnectionOptions {
  readonly close: boolean;
  readonly keepAlive: boolean;
  readonly upgrade: boolean;
  /** Lower-case names of further fields that end at this hop. */
  readonly named: readonly string[];
}

const NOTHING: ConnectionOptions = { close: false, keepAlive: false, upgrade: false, named: [] };
/** What nearly all messages say, when they say anything. */
const USUAL: ReadonlyMap<string, ConnectionOptions> = new Map([
  ["keep-alive", { ...NOTHING, keepAlive: true }],
  ["Keep-Alive", { ...NOTHING, keepAlive: true }],
  ["close", { ...NOTHING, close: true }],
]);

/** Parses all `Connection` lines; the common cases allocate nothing. */
export function connectionOptions(fields: Fields): ConnectionOptions {
  const first = fields.indexOfId(FieldId.CONNECTION);
  if (first === -1) return NOTHING;
  const usual = USUAL.get(fields.value(first));
  if (usual !== undefined && fields.indexOfId(FieldId.CONNECTION, first + 1) === -1) return usual;
  let close = false;
  let keepAlive = false;
  let upgrade = false;
  const named: string[] = [];
  for (let index = first; index < fields.count; index++) {
    if (fields.id(index) !== FieldId.CONNECTION) continue;
    for (const item of fields.value(index).split(",")) {
      const token = item.trim().toLowerCase();
      if (token === "close") close = true;
      else if (token === "keep-alive") keepAlive = true;
      else if (token === "upgrade") upgrade = true;
      else if (token !== "") named.push(token);
    }
  }
  return { close, keepAlive, upgrade, named };
}
