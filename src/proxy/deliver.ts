/** Writes the response that a chain ended with. */
import { GatewayError } from "../errors.ts";
import { responseLinesOf } from "../http1/serialize.ts";
import type { Exchange } from "./exchange.ts";
import type { BodySource } from "./forward.ts";
import { ForwardedResponse } from "./forwarded-response.ts";
import type { Responder } from "./responder.ts";

/** Resolves when the last byte was handed over or the client is gone. */
export async function deliver(response: Response, exchange: Exchange, responder: Responder): Promise<void> {
  if (response instanceof ForwardedResponse) {
    const { head, forwarded } = response;
    if (response.bodyUntouched) {
      if (response.untouched) responder.head(head, forwarded.received);
      else {writeHead(
          response as unknown as Response,
          lengthOf(response),
          exchange,
          responder,
          forwarded.received,
        );}
      forwarded.relay();
      return;
    }
    await deliverNative(response.native, exchange, responder);
    return;
  }
  await deliverNative(response, exchange, responder);
}

async function deliverNative(response: Response, exchange: Exchange, responder: Responder): Promise<void> {
  const announced = response.headers.get("content-length");
  const headOnly = exchange.method === "HEAD" || response.status === 304;
  const body = headOnly ? null : response.body;
  const length = announced !== null && /^[0-9]{1,15}$/.test(announced)
    ? Number(announced)
    : body === null
    ? headOnly ? undefined : 0
    : undefined;
  writeHead(response, length, exchange, responder, undefined);
  if (body === null) responder.end(undefined);
  else await pump(body, responder);
}

function lengthOf(response: ForwardedResponse): number | undefined {
  const { framing, fields } = response.head;
  if (framing.kind === "length") return framing.length;
  if (framing.kind !== "none") return undefined;
  // An answer to HEAD announces the length that GET would have.
  const announced = fields.get("content-length");
  return announced === undefined ? undefined : Number(announced);
}

function writeHead(
  response: Response,
  length: number | undefined,
  exchange: Exchange,
  responder: Responder,
  received: number | undefined,
): void {
  if (received !== undefined && response.status >= 400) {
    exchange.reason = `BackendError : read ${received} byte data from backend`;
  }
  exchange.answering(response.status);
  const edits = exchange.pendingResponseEdits;
  const removed = exchange.reason === ""
    ? edits?.removed ?? []
    : [...(edits?.removed ?? []), "x-alb-err-reason"];
  const lines = responseLinesOf(response.headers, removed) + (edits?.lines() ?? "");
  responder.ownHead(response.status, response.statusText, lines, length);
}

/** Copies a web stream to the client at the client's pace. */
async function pump(body: ReadableStream<Uint8Array>, responder: Responder): Promise<void> {
  const reader = body.getReader();
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
  try {
    while (!responder.done) {
      if (paused) await new Promise<void>((resolve) => wake = resolve);
      const { done, value } = await reader.read();
      if (done) break;
      responder.data(value, 0, value.length);
      responder.batch();
    }
    responder.end(undefined);
  } catch (error) {
    responder.fail(
      error instanceof GatewayError
        ? error
        : new GatewayError("INTERNAL", "answer body failed", { cause: error }),
    );
  }
}
