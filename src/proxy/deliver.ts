/** Writes the response that a chain ended with. */
import { GatewayError } from "../errors.ts";
import { responseLinesOf } from "../http1/serialize.ts";
import { isUtf8Text } from "../lib/utf8.ts";
import type { Exchange } from "./exchange.ts";
import type { BodySource } from "./answer.ts";
import { ForwardedResponse, upstreamLength } from "./forwarded-response.ts";
import { phraseOf } from "../http1/phrases.ts";
import type { Responder } from "./responder.ts";

/** Resolves when the last byte was handed over or the client is gone. */
export async function deliver(response: Response, exchange: Exchange, responder: Responder): Promise<void> {
  const { upstreamAnswer } = exchange;
  // Also when a middleware has wrapped it, as long as it is still the upstream's failure.
  if (upstreamAnswer !== undefined && response.status >= 400 && response.status === upstreamAnswer.status) {
    exchange.reason = `BackendError : read ${upstreamAnswer.received} byte data from backend`;
  }
  if (!(response instanceof ForwardedResponse)) {
    const length = response.body === null ? 0 : upstreamLength(response.body);
    await deliverStream(response, response, length, exchange, responder);
    return;
  }
  const { head, forwarded, untouched, bodyUntouched } = response;
  if (untouched) {
    responder.head(head, forwarded.received);
    forwarded.relay();
    return;
  }
  // Fields that were changed after the body was asked for are in the light response only.
  const answer = response as unknown as Response;
  if (!bodyUntouched) return deliverStream(answer, response.native, lengthOf(response), exchange, responder);
  writeHead(answer, lengthOf(response), exchange, responder);
  forwarded.relay();
}

/**
 * Status and fields of one response, body of another. What the fields say of the body's length counts only where no body
 * is sent: a middleware that rewrites a body seldom corrects it.
 */
async function deliverStream(
  answer: Response,
  { body }: Response,
  length: number | undefined,
  exchange: Exchange,
  responder: Responder,
): Promise<void> {
  if (exchange.method === "HEAD" || answer.status === 304) {
    const start = exchange.method === "HEAD" && body !== null ? await startOf(body) : NOTHING_READ;
    if (!responder.done) writeHead(answer, announcedLength(answer, start), exchange, responder, start.chunks);
    return responder.end(undefined);
  }
  if (body === null) {
    writeHead(answer, length, exchange, responder);
    return responder.end(undefined);
  }
  const reader = body.getReader();
  try {
    const start = length === undefined ? await readAhead(reader) : NOTHING_READ;
    if (responder.done) return void reader.cancel().catch(() => {});
    writeHead(answer, start.isWhole ? sizeOf(start.chunks) : length, exchange, responder, start.chunks);
    await pump(reader, start, responder);
  } catch (error) {
    responder.fail(
      error instanceof GatewayError
        ? error
        : new GatewayError("INTERNAL", "answer body failed", { cause: error }),
    );
  }
}

/**
 * What GET would send as far as it is there: it tells the type and the length of an answer that names neither. The rest is
 * nobody's.
 */
async function startOf(body: ReadableStream<Uint8Array>): Promise<Start> {
  const reader = body.getReader();
  try {
    return await readAhead(reader);
  } catch {
    return NOTHING_READ;
  } finally {
    reader.cancel().catch(() => {});
  }
}

function announcedLength({ headers }: Response, start: Start): number | undefined {
  const announced = headers.get("content-length") ?? "";
  if (/^[0-9]{1,15}$/.test(announced)) return Number(announced);
  return start.isWhole ? sizeOf(start.chunks) : undefined;
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** The part of a body that was there at once. */
interface Start {
  readonly chunks: readonly Uint8Array[];
  /** Whether that is all of it. */
  readonly isWhole: boolean;
  /** A read that has not been answered yet. */
  readonly pending: ReturnType<Reader["read"]> | undefined;
}

const NOTHING_READ: Start = { chunks: [], isWhole: false, pending: undefined };
const MAX_AHEAD_BYTES = 64 * 1024;

/**
 * Takes what is there without waiting: an answer that a middleware made of a text is, and can then go out with its
 * length instead of in chunks.
 */
async function readAhead(reader: Reader): Promise<Start> {
  const chunks: Uint8Array[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const turnIsOver = new Promise<undefined>((resolve) => timer = setTimeout(() => resolve(undefined), 0));
  try {
    while (sizeOf(chunks) < MAX_AHEAD_BYTES) {
      const pending = reader.read();
      const result = await Promise.race([pending, turnIsOver]);
      if (result === undefined) return { chunks, isWhole: false, pending };
      if (result.done) return { chunks, isWhole: true, pending: undefined };
      chunks.push(result.value);
    }
    return { chunks, isWhole: false, pending: undefined };
  } finally {
    clearTimeout(timer);
  }
}

function sizeOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}

function lengthOf(response: ForwardedResponse): number | undefined {
  const { framing, fields } = response.head;
  if (framing.kind === "length") return framing.length;
  if (framing.kind !== "none") return undefined;
  // An answer to HEAD announces the length that GET would have.
  const announced = fields.get("content-length");
  return announced === undefined ? undefined : Number(announced);
}

/** `start`: what of the body is there. */
function writeHead(
  response: Response,
  length: number | undefined,
  exchange: Exchange,
  responder: Responder,
  start: readonly Uint8Array[] = [],
): void {
  exchange.answering(response.status, response.headers);
  // An error page of the gateway's own is not what Rules edit (data-plane spec 3.13), whoever has seen it on its way.
  const isOwnErrorPage = response.status === exchange.upstreamFailure?.status;
  const edits = isOwnErrorPage ? undefined : exchange.pendingResponseEdits;
  const removed = [...edits?.removed ?? []];
  if (exchange.reason !== "") removed.push("x-alb-err-reason");
  if (exchange.listener.viaLine !== "") removed.push("via");
  const lines = responseLinesOf(response.headers, removed) + typeLine(response, removed, start) +
    (edits === undefined ? "" : exchange.responseEditLines());
  const isDated = edits?.get("date") !== undefined ||
    (response.headers.has("date") && !removed.includes("date"));
  const phrase = response.statusText || phraseOf(response.status);
  responder.ownHead(response.status, phrase, lines, { length, isDated });
}

/**
 * The type of a text that a middleware answered with and named no type of, as `Response` has it by the Fetch standard.
 * On Bun it has none, and browsers would guess, HTML perhaps.
 */
function typeLine(
  { headers }: Response,
  removed: readonly string[],
  start: readonly Uint8Array[],
): string {
  const isUntyped = start.length > 0 && !headers.has("content-type") && !removed.includes("content-type");
  return isUntyped && isUtf8Text(start) ? "content-type: text/plain;charset=UTF-8\r\n" : "";
}

/** Copies a web stream, of which `start` was read already, to the client at the client's pace. */
async function pump(reader: Reader, start: Start, responder: Responder): Promise<void> {
  let wake: (() => void) | undefined;
  let paused = false;
  const source: BodySource = {
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
      wake?.();
    },
    abort() {
      paused = false;
      wake?.();
      reader.cancel().catch(() => {});
    },
  };
  responder.alsoFrom(source);
  for (const chunk of start.chunks) responder.data(chunk, 0, chunk.length);
  // Also the head alone: the body may take its time.
  responder.batch();
  let next = start.pending;
  while (!responder.done && !start.isWhole) {
    if (paused) await new Promise<void>((resolve) => wake = resolve);
    const { done, value } = await (next ?? reader.read());
    next = undefined;
    if (done) break;
    responder.data(value, 0, value.length);
    responder.batch();
  }
  responder.end(undefined);
}
