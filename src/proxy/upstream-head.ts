/** The head of a request as the upstream gets it (data-plane spec 3.7). */
import { NO_BODY } from "../http1/framing.ts";
import { forwardedRequestLines, upstreamRequestHead } from "../http1/serialize.ts";
import { SET_ON_REQUESTS } from "../lib/gateway-fields.ts";
import type { Exchange } from "./exchange.ts";
import { toldUpstream } from "./told-upstream.ts";

export function upstreamHead(exchange: Exchange): string {
  const { head, upstreamBody } = exchange;
  return upstreamRequestHead({
    method: exchange.upstreamMethod,
    target: targetOf(exchange),
    // HTTP/1.1 needs a Host where HTTP/1.0 had none.
    host: exchange.upstreamHost ?? (exchange.authority === "" ? "localhost" : exchange.authority),
    lines: upstreamLines(exchange) + forwardedLines(exchange),
    framing: upstreamBody?.framing ?? NO_BODY,
    expectContinue: head.expectContinue && upstreamBody === exchange.body,
    upgrade: head.upgrade,
  });
}

/** Field lines without those that the gateway sets. What a middleware made of the request holds the edits already. */
export function upstreamLines({ outgoing, head, trustsPeer, pendingRequestEdits: edits }: Exchange): string {
  if (outgoing !== undefined) return outgoing.lines;
  return edits === undefined
    ? forwardedRequestLines(head, trustsPeer)
    : forwardedRequestLines(head, trustsPeer, edits.removedKeys) + edits.lines(SET_ON_REQUESTS);
}

function targetOf(exchange: Exchange): string {
  // A middleware that names another URL has seen what the features in front have made of it.
  if (exchange.outgoing?.target !== undefined) return exchange.outgoing.target;
  if (exchange.rewrittenPath === undefined) return exchange.requestUri;
  return exchange.query === "" ? exchange.targetPath : `${exchange.targetPath}?${exchange.query}`;
}

/** The lines that tell the upstream who asked for what. */
function forwardedLines(exchange: Exchange): string {
  const { requestUri, method } = exchange;
  const { untilUri, untilUrl } = toldUpstream(exchange, exchange.pendingRequestEdits);
  return `${untilUri}${requestUri}${untilUrl}${requestUri}\r\nX-Original-Method: ${method}\r\n`;
}
