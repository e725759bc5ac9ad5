/**
 * HTTP/1 messages read by regular expressions over the whole text, as RFC 9112 says and nothing more: the obvious twin
 * of `src/http1`, and the reader of the recording upstream. It knows no limits and no pieces.
 */

export interface PlainMessage {
  readonly startLine: string;
  /** Field lines as they came, without CRLF. */
  readonly lines: readonly string[];
  /** Decoded. */
  readonly body: string;
  readonly trailers: readonly string[];
  readonly chunked: boolean;
  /** Characters of the whole message. */
  readonly size: number;
}

/** More input is needed, or no further input makes it a message. */
export type PlainResult = PlainMessage | "incomplete" | "invalid";

const REQUEST_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [\x21-\x7e\x80-\xff]+ HTTP\/1\.([01])$/;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const FIELD_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/;
const SIZE_LINE = /^([0-9A-Fa-f]{1,13})(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

/** The request at the start of `raw`. */
export function plainRequest(raw: string): PlainResult {
  return message(raw, REQUEST_LINE, () => "");
}

/** The answer, 1xx or final, at the start of `raw`; `ended` when the peer sends no more. */
export function plainResponse(raw: string, method: string, ended: boolean): PlainResult {
  return message(raw, STATUS_LINE, ([, , status = ""]) => {
    if (method === "HEAD" || /^(1..|204|304)$/.test(status)) return "none";
    return ended ? "rest" : "wait";
  });
}

/** Values of all lines of a field. */
export function plainValues(lines: readonly string[], name: string): string[] {
  const prefix = `${name.toLowerCase()}:`;
  return lines.filter((line) => line.toLowerCase().startsWith(prefix))
    .map((line) => line.slice(prefix.length).replace(/^[ \t]+|[ \t]+$/g, ""));
}

/** How a message without framing fields ends: "" and "none" at its head, "rest" with the input, "wait" not yet. */
type Unframed = "" | "none" | "rest" | "wait";

function message(raw: string, start: RegExp, unframed: (match: RegExpExecArray) => Unframed): PlainResult {
  const end = raw.indexOf("\r\n\r\n");
  if (end === -1) return "incomplete";
  const [startLine = "", ...lines] = raw.slice(0, end).split("\r\n");
  const match = start.exec(startLine);
  if (match === null || !lines.every((line) => FIELD_LINE.test(line))) return "invalid";
  const head = { startLine, lines, body: "", trailers: [], chunked: false, size: end + 4 };
  const lengths = plainValues(lines, "content-length");
  const codings = plainValues(lines, "transfer-encoding");
  if (lengths.length + codings.length > 1) return "invalid";
  const [length] = lengths;
  if (length !== undefined && !/^[0-9]{1,15}$/.test(length)) return "invalid";
  const [coding] = codings;
  if (coding !== undefined && (coding.toLowerCase() !== "chunked" || match[1] !== "1")) return "invalid";
  const kind = unframed(match);
  if (kind === "none") return head;
  if (coding !== undefined) return chunked(raw, head);
  if (length !== undefined) {
    const size = head.size + Number(length);
    return raw.length < size ? "incomplete" : { ...head, body: raw.slice(head.size, size), size };
  }
  if (kind === "wait") return "incomplete";
  return kind === "rest" ? { ...head, body: raw.slice(head.size), size: raw.length } : head;
}

function chunked(raw: string, head: PlainMessage): PlainResult {
  let body = "";
  let at = head.size;
  for (;;) {
    const lineEnd = raw.indexOf("\r\n", at);
    if (lineEnd === -1) return "incomplete";
    const size = SIZE_LINE.exec(raw.slice(at, lineEnd));
    if (size === null) return "invalid";
    at = lineEnd + 2;
    const length = parseInt(size[1] as string, 16);
    if (length === 0) break;
    if (raw.length < at + length + 2) return "incomplete";
    body += raw.slice(at, at + length);
    at += length;
    if (raw.slice(at, at + 2) !== "\r\n") return "invalid";
    at += 2;
  }
  const trailers: string[] = [];
  for (;;) {
    const lineEnd = raw.indexOf("\r\n", at);
    if (lineEnd === -1) return "incomplete";
    const line = raw.slice(at, lineEnd);
    at = lineEnd + 2;
    if (line === "") return { ...head, body, trailers, chunked: true, size: at };
    if (!FIELD_LINE.test(line)) return "invalid";
    trailers.push(line);
  }
}
