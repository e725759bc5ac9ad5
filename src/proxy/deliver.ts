/** Writes the response that a chain ended with. */
import { GatewayError } from "../errors.ts";
import { responseLinesOf } from "../http1/serialize.ts";
import type { Exchange } from "./exchange.ts";
import type { BodySource } from "./forward.ts";
import { ForwardedResponse, upstreamLength } from "./forwarded-response.ts";
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
    const announced = answer.headers.get("content-length") ?? "";
    writeHead(answer, /^[0-9]{1,15}$/.test(announced) ? Number(announced) : undefined, exchange, responder);
    return responder.end(undefined);
  }
  writeHead(answer, length, exchange, responder);
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
): void {
  exchange.answering(response.status);
  // An error page of the gateway's own is not what Rules edit (data-plane spec 3.13), whoever has seen it on its way.
  const isOwnErrorPage = response.status === exchange.upstreamFailure?.status;
  const edits = isOwnErrorPage ? undefined : exchange.pendingResponseEdits;
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
