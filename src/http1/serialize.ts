/** Message heads as text, one character a byte. What a peer sent is copied in whole runs of lines where nothing was dropped. */
import { type Fields, SPAN } from "./fields.ts";
import type { BodyFraming } from "./framing.ts";
import type { RequestHead } from "./request-head.ts";
import type { ResponseHead } from "./response-head.ts";
import { FieldId, fieldIdOf } from "./known.ts";

/** Fields that end at this hop (RFC 9110 7.6.1) in both directions; Content-Length stays, its value was validated. */
const HOP_BY_HOP = [
  FieldId.CONNECTION,
  FieldId.KEEP_ALIVE,
  FieldId.PROXY_CONNECTION,
  FieldId.TRANSFER_ENCODING,
  FieldId.TE,
  FieldId.UPGRADE,
];

/** Fields of a request that the gateway sets itself (data-plane spec 3.7), so that the client's never get through. */
const SET_BY_GATEWAY = [
  FieldId.HOST,
  FieldId.FORWARDED_FOR,
  FieldId.REAL_IP,
  FieldId.FORWARDED_PROTO,
  FieldId.FORWARDED_HOST,
  FieldId.FORWARDED_PORT,
  FieldId.SCHEME,
  FieldId.ORIGINAL_URI,
  FieldId.ORIGINAL_URL,
  FieldId.ORIGINAL_METHOD,
];

type DropTable = Uint8Array;

function dropTable(ids: readonly number[], underscored: boolean): DropTable {
  const drop = new Uint8Array(FieldId.UNDERSCORED * 2);
  for (const id of ids) drop[id] = 1;
  // A backend that maps "-" to "_" (CGI) would take `X_Real_IP` for ours; Content_Length would reframe a body.
  if (underscored) { for (const id of [...ids, FieldId.CONTENT_LENGTH]) drop[id | FieldId.UNDERSCORED] = 1; }
  return drop;
}

const REQUEST_DROPS = dropTable(
  [
    ...HOP_BY_HOP,
    ...SET_BY_GATEWAY,
    FieldId.FORWARDED_HEARSAY,
    FieldId.EXPECT,
    FieldId.PROXY_AUTHORIZATION,
    FieldId.PROXY_AUTHENTICATE,
    FieldId.HTTP2_SETTINGS,
  ],
  true,
);
/** Of requests whose peer may speak of others, in the right spelling, and of those that a middleware has written. */
const TRUSTED_DROPS = REQUEST_DROPS.slice();
TRUSTED_DROPS[FieldId.FORWARDED_HEARSAY] = 0;

/** What varies in a response, as an index into {@link RESPONSE_DROPS}. */
const DROP_VIA = 1;
const DROP_REASON = 2;
const DROP_LENGTH = 4;
const RESPONSE_DROPS = Array.from({ length: 8 }, (_, bits) =>
  dropTable(
    [
      ...HOP_BY_HOP,
      ...(bits & DROP_VIA ? [FieldId.VIA] : []),
      ...(bits & DROP_REASON ? [FieldId.ALB_REASON] : []),
      ...(bits & DROP_LENGTH ? [FieldId.CONTENT_LENGTH] : []),
    ],
    false,
  ));

const NONE: readonly string[] = [];

/**
 * Whether `text[start..end)` is one of `names`, which are lower-case. `loosely` = in whatever spelling: the names are
 * those that `fieldKey` makes, where all but letters and digits are "-".
 */
function isOneOf(
  names: readonly string[],
  text: string,
  start: number,
  end: number,
  loosely: boolean,
): boolean {
  outer: for (let n = 0; n < names.length; n++) {
    const name = names[n] as string;
    if (name.length !== end - start) continue;
    for (let i = 0; i < name.length; i++) {
      const wanted = name.charCodeAt(i);
      let code = text.charCodeAt(start + i);
      if (code >= 0x41 && code <= 0x5a) code |= 0x20;
      if (code === wanted) continue;
      const isSign = !((code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39));
      if (!loosely || !isSign || wanted !== 0x2d) continue outer;
    }
    return true;
  }
  return false;
}

/**
 * Field lines without those that `drop` marks, those named in `Connection` and those that were `removed`, whose names
 * are compared `loosely` or not (see {@link isOneOf}). What is named follows from the fields, or is the same for `drop`.
 */
function keptLines(
  fields: Fields,
  drop: DropTable,
  named: readonly string[],
  removed: readonly string[],
  loosely: boolean,
): string {
  if (!fields.isRemembered) return linesOf(fields, drop, named, removed, loosely);
  const { kept } = fields;
  if (kept?.drop === drop && isSame(kept.removed, removed)) return kept.lines;
  const lines = linesOf(fields, drop, named, removed, loosely);
  fields.kept = { drop, removed, lines };
  return lines;
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  if (some === others) return true;
  if (some.length !== others.length) return false;
  for (let i = 0; i < some.length; i++) if (some[i] !== others[i]) return false;
  return true;
}

function linesOf(
  fields: Fields,
  drop: DropTable,
  named: readonly string[],
  removed: readonly string[],
  loosely: boolean,
): string {
  const { spans, text } = fields;
  let kept = "";
  let runStart = -1;
  for (let at = 0; at < spans.length; at += SPAN) {
    const start = spans[at] as number;
    const id = spans[at + 4] as number;
    let dropped = drop[id] === 1;
    if (!dropped && id !== FieldId.CONTENT_LENGTH && named.length + removed.length > 0) {
      const end = spans[at + 1] as number;
      dropped = isOneOf(named, text, start, end, false) || isOneOf(removed, text, start, end, loosely);
    }
    if (dropped) {
      if (runStart !== -1) kept += text.slice(runStart, start);
      runStart = -1;
    } else if (runStart === -1) {
      runStart = start;
    }
  }
  return runStart === -1 ? kept : kept + text.slice(runStart);
}

export interface UpstreamRequest {
  readonly method: string;
  /** Origin-form, or `*`. */
  readonly target: string;
  readonly host: string;
  /** Lines that go on as they are, each ending in CRLF. */
  readonly lines: string;
  readonly framing: BodyFraming;
  readonly expectContinue: boolean;
  /** Protocols offered to the upstream, "" for none. */
  readonly upgrade: string;
}

/** Head of a request as the upstream gets it. A Content-Length is expected in `lines`. */
export function upstreamRequestHead(request: UpstreamRequest): string {
  let text = `${request.method} ${request.target} HTTP/1.1\r\nHost: ${request.host}\r\n${request.lines}`;
  if (request.framing.kind === "chunked") text += "Transfer-Encoding: chunked\r\n";
  if (request.expectContinue) text += "Expect: 100-continue\r\n";
  if (request.upgrade !== "") text += `Connection: upgrade\r\nUpgrade: ${request.upgrade}\r\n`;
  return text + "\r\n";
}

/**
 * Lines of a request that go on to the upstream: without those of this hop, those that the gateway sets, those in which a
 * peer that is not `trusted` speaks like a proxy, and those that were `removed` (names as `fieldKey` makes them), in
 * whatever spelling they came (rulings: field names).
 */
export function forwardedRequestLines(head: RequestHead, trusted: boolean, removed = NONE): string {
  const drops = trusted ? TRUSTED_DROPS : REQUEST_DROPS;
  return keptLines(head.fields, drops, head.connection.named, removed, true);
}

export interface ClientResponse {
  /** Lines that the gateway adds in front, each ending in CRLF. */
  readonly added: string;
  /** Lines that it adds behind those of the upstream. */
  readonly appended: string;
  /** Lines behind those that are likely to be another answer's, too. */
  readonly own: string;
  /** Whether `added` holds a Via line, which then replaces the upstream's. */
  readonly replacesVia: boolean;
  /** Whether `added` holds a reason line, which then replaces the upstream's. */
  readonly replacesReason: boolean;
  /** Lower-case names of the upstream's fields that are dropped. */
  readonly removed: readonly string[];
}

/** Head of an upstream's answer as the client gets it. */
export function clientResponseHead(head: ResponseHead, response: ClientResponse): string {
  const { added, appended, own, removed } = response;
  // RFC 9110 8.6: answers that have no body by their code must not announce one.
  const lengthless = head.status < 200 || head.status === 204;
  const drop = RESPONSE_DROPS[
    (response.replacesVia ? DROP_VIA : 0) | (response.replacesReason ? DROP_REASON : 0) |
    (lengthless ? DROP_LENGTH : 0)
  ] as DropTable;
  let { written } = head;
  if (
    written?.drop !== drop || written.added !== added || written.appended !== appended ||
    !isSame(written.removed, removed)
  ) {
    const kept = linesOf(head.fields, drop, head.named, removed, false);
    const lines = `HTTP/1.1 ${head.status} ${head.reasonPhrase}\r\n${added}${kept}${appended}`;
    written = { drop, added, appended, removed, lines, text: lines + "\r\n" };
    if (head.fields.isRemembered) head.written = written;
  }
  return own === "" ? written.text : `${written.lines}${own}\r\n`;
}

/** Fields that must not stand in a trailer section (RFC 9110 6.5.1): framing, routing, authentication, hop-by-hop. */
const FORBIDDEN_TRAILERS = dropTable(
  [
    ...HOP_BY_HOP,
    ...SET_BY_GATEWAY,
    FieldId.FORWARDED_HEARSAY,
    FieldId.CONTENT_LENGTH,
    FieldId.EXPECT,
    FieldId.PROXY_AUTHORIZATION,
    FieldId.PROXY_AUTHENTICATE,
    FieldId.TRAILER,
  ],
  true,
);
const FORBIDDEN_TRAILER_NAMES = [
  "authorization",
  "cookie",
  "set-cookie",
  "content-encoding",
  "content-type",
  "content-range",
  "www-authenticate",
];

/**
 * Trailer lines that may go on, each ending in CRLF; without fields that were `removed` (names as `fieldKey` makes them)
 * from the head, which an upstream may merge them into.
 */
export function trailerLines(trailers: Fields | undefined, removed = NONE): string {
  if (trailers === undefined) return "";
  return keptLines(trailers, FORBIDDEN_TRAILERS, FORBIDDEN_TRAILER_NAMES, removed, true);
}

const RESPONSE_FRAMING = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "te",
  "upgrade",
  "content-length",
]);
const encoder = new TextEncoder();

/**
 * Lines of a request whose fields a middleware has changed, by the same rules as {@link forwardedRequestLines}, and
 * without Content-Length. Values are ISO-8859-1, as `Headers` guarantees.
 */
export function requestLinesOf(headers: Headers): string {
  let lines = "";
  for (const [name, value] of headers) {
    const bytes = encoder.encode(name);
    const id = fieldIdOf(bytes, 0, bytes.length);
    if (TRUSTED_DROPS[id] === 1 || id === FieldId.CONTENT_LENGTH) continue;
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

/** Field lines of a response of our own or of a middleware, without framing and hop-by-hop fields. */
export function responseLinesOf(headers: Headers, removed: readonly string[] = NONE): string {
  let lines = "";
  for (const [name, value] of headers) {
    if (RESPONSE_FRAMING.has(name) || removed.includes(name)) continue;
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}
