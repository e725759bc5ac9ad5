/** Response compression (data-plane spec 8.3, "fixed values"): streaming, and only what is not encoded yet. */
import type { MiddlewareHandler } from "hono";
import type { CodingName, Codings } from "../lib/codings.ts";
import type { ExchangePort, GatewayContext } from "./ports.ts";

/** As nginx: an answer with another status is seldom worth it, and a partial one must stay as it is. */
const STATUSES: readonly number[] = [200, 403, 404];

/** ALB's list; nginx adds HTML to every list. */
const TYPES: ReadonlySet<string> = new Set([
  "application/atom+xml",
  "application/javascript",
  "application/json",
  "application/rss+xml",
  "application/vnd.ms-fontobject",
  "application/x-font-ttf",
  "application/x-javascript",
  "application/x-web-app-manifest+json",
  "application/xhtml+xml",
  "application/xml",
  "font/opentype",
  "image/svg+xml",
  "image/x-icon",
  "text/css",
  "text/html",
  "text/javascript",
  "text/plain",
  "text/x-component",
]);
const MIN_BYTES = 256;

/** Whether the client takes any coding: the answer of one that does not goes straight from socket to socket. */
export function mayCompress(exchange: ExchangePort): boolean {
  return exchange.header("accept-encoding") !== undefined && exchange.method !== "HEAD" &&
    exchange.httpVersion !== "HTTP/1.0";
}

export function compress(codings: Codings): MiddlewareHandler {
  return async function compress(c, next) {
    const { exchange } = (c as GatewayContext).env;
    const accept = mayCompress(exchange) ? exchange.header("accept-encoding") ?? "" : "";
    const coding = chooseCoding(accept, codings.names);
    if (coding === undefined) return next();
    exchange.wantResponse();
    await next();
    if (!isWorthwhile(c.res)) return;
    const etag = c.res.headers.get("etag");
    const body = codings.encode(coding, c.res.body as ReadableStream<Uint8Array>);
    c.res = new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>, c.res);
    const { headers } = c.res;
    headers.delete("content-length");
    headers.delete("accept-ranges");
    headers.set("content-encoding", coding);
    if (!/(?:^|,)\s*(?:\*|accept-encoding)\s*(?:,|$)/i.test(headers.get("vary") ?? "")) {
      headers.append("vary", "Accept-Encoding");
    }
    // The bytes are no longer those that a strong validator vouches for (RFC 9110 8.8.1).
    if (etag !== null && !etag.startsWith("W/")) headers.set("etag", `W/${etag}`);
  };
}

/** The body is looked at last: an answer that is left alone goes on from socket to socket as it came. */
function isWorthwhile(answer: Response): boolean {
  const { status, headers } = answer;
  if (!STATUSES.includes(status) || headers.has("content-encoding")) return false;
  if (/\bno-transform\b/i.test(headers.get("cache-control") ?? "")) return false;
  const type = (headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (!TYPES.has(type)) return false;
  const length = headers.get("content-length");
  return (length === null || Number(length) >= MIN_BYTES) && answer.body !== null;
}

/**
 * The coding with the highest weight of those that there are; the first of them decides between equals (RFC 9110 12.5.3).
 * Undefined = send it as it is.
 */
export function chooseCoding(accept: string, names: readonly CodingName[]): CodingName | undefined {
  const weights = new Map<string, number>();
  for (const item of accept.toLowerCase().split(",")) {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    if (name !== "") weights.set(name, weight === undefined ? 1 : Number(weight) || 0);
  }
  let best: CodingName | undefined;
  let bestWeight = 0;
  for (const name of names) {
    const weight = weights.get(name) ?? weights.get("*") ?? 0;
    if (weight > bestWeight) [best, bestWeight] = [name, weight];
  }
  return best;
}
