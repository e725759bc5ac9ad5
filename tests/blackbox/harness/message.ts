/**
 * HTTP/1 messages read from a connection. Written apart from `src/http1` on purpose: a test must not believe the
 * parser that it tests. Keeps what a lenient reader would lose: case, order and repetition of fields, sizes of chunks.
 */
import { type Connection, latin1 } from "./wire.ts";

export type Field = readonly [name: string, value: string];

export interface Head {
  readonly startLine: string;
  /** As on the wire: order, case and duplicates kept; blanks around the value removed. */
  readonly fields: readonly Field[];
}

export interface Message extends Head {
  /** Decoded body, latin1. */
  readonly body: string;
  /** Sizes of the chunks; empty when the body was not chunked. */
  readonly chunks: readonly number[];
  readonly trailers: readonly Field[];
}

export interface Request extends Message {
  readonly method: string;
  readonly target: string;
  readonly version: string;
}

export interface Response extends Message {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  /** 1xx heads that came before. */
  readonly interim: readonly Head[];
}

/** Values of every line of a field, whatever its case. */
export function values(message: { readonly fields: readonly Field[] }, name: string): string[] {
  return message.fields.filter(([n]) => n.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

/** The one value of a field; undefined when absent. Fails on a repeated field, which would hide a duplicate. */
export function value(message: { readonly fields: readonly Field[] }, name: string): string | undefined {
  const all = values(message, name);
  if (all.length > 1) throw new Error(`${name} occurs ${all.length} times: ${JSON.stringify(all)}`);
  return all[0];
}

export function parseHead(raw: string): Head {
  const lines = raw.slice(0, raw.indexOf("\r\n\r\n")).split("\r\n");
  return { startLine: lines[0]!, fields: lines.slice(1).map(parseField) };
}

function parseField(line: string): Field {
  const colon = line.indexOf(":");
  if (colon <= 0) throw new Error(`not a field line: ${JSON.stringify(line)}`);
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

export async function readHead(connection: Connection): Promise<Head> {
  return parseHead(await connection.readUntil("\r\n\r\n"));
}

export async function readRequest(connection: Connection): Promise<Request> {
  return await readRequestBody(connection, await readHead(connection));
}

/** The request whose head was read with {@link readHead}. */
export async function readRequestBody(connection: Connection, head: Head): Promise<Request> {
  const [method, target, version] = head.startLine.split(" ");
  return {
    ...head,
    method: method!,
    target: target!,
    version: version!,
    ...await readBody(connection, head, false),
  };
}

/** The next final response; `method` of the request decides whether it has a body. */
export async function readResponse(connection: Connection, method = "GET"): Promise<Response> {
  const interim: Head[] = [];
  for (;;) {
    const head = await readHead(connection);
    const [, version, code, reason] = /^(HTTP\/\d\.\d) (\d{3}) ?(.*)$/.exec(head.startLine) ?? [];
    if (version === undefined) throw new Error(`not a status line: ${JSON.stringify(head.startLine)}`);
    const status = Number(code);
    if (status >= 100 && status < 200 && status !== 101) {
      interim.push(head);
      continue;
    }
    const bodiless = method === "HEAD" || status === 101 || status === 204 || status === 304 ||
      (method === "CONNECT" && status < 300);
    const content = bodiless ? NO_BODY : await readBody(connection, head, true);
    return { ...head, version, status, reason: reason!, interim, ...content };
  }
}

type Content = Pick<Message, "body" | "chunks" | "trailers">;
const NO_BODY: Content = { body: "", chunks: [], trailers: [] };

async function readBody(connection: Connection, head: Head, isResponse: boolean): Promise<Content> {
  if (values(head, "transfer-encoding").join(",").toLowerCase().includes("chunked")) {
    return await readChunked(connection);
  }
  const length = value(head, "content-length");
  if (length !== undefined) {
    return { ...NO_BODY, body: latin1(await connection.readExactly(Number(length))) };
  }
  return isResponse ? { ...NO_BODY, body: latin1(await connection.readToEnd()) } : NO_BODY;
}

/** A chunked body, from the first size line to the end of the trailers. */
export async function readChunked(connection: Connection): Promise<Content> {
  let body = "";
  const chunks: number[] = [];
  for (;;) {
    const size = parseInt(await connection.readUntil("\r\n"), 16);
    if (Number.isNaN(size)) throw new Error("not a chunk size");
    if (size === 0) break;
    chunks.push(size);
    body += latin1(await connection.readExactly(size));
    if (await connection.readUntil("\r\n") !== "\r\n") throw new Error("chunk longer than its size");
  }
  const trailers: Field[] = [];
  for (;;) {
    const line = await connection.readUntil("\r\n");
    if (line === "\r\n") return { body, chunks, trailers };
    trailers.push(parseField(line.slice(0, -2)));
  }
}
