/** Response compression (data-plane spec 8.3, "fixed values"): streaming, and only what is not encoded yet. */
import type { MiddlewareHandler } from "hono";
import type { ExchangePort, GatewayContext } from "./ports.ts";

interface Coding {
  /** As in Accept-Encoding and Content-Encoding. */
  readonly name: string;
  /** As `CompressionStream` calls it. */
  readonly format: CompressionFormat;
}

/**
 * What this runtime can do, the first is preferred. Brotli is last: the platform's streams take its slowest setting, and
 * nobody can choose another.
 */
const CODINGS: readonly Coding[] = [
  { name: "zstd", format: "zstd" },
  { name: "gzip", format: "gzip" },
  { name: "br", format: "brotli" },
].filter(({ format }) => isSupported(format as CompressionFormat)) as Coding[];

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

function isSupported(format: CompressionFormat): boolean {
  try {
    new CompressionStream(format);
    return true;
  } catch {
    return false;
  }
}

/** Whether the client takes any coding: the answer of one that does not goes straight from socket to socket. */
export function mayCompress(exchange: ExchangePort): boolean {
  return exchange.header("accept-encoding") !== undefined && exchange.method !== "HEAD" &&
    exchange.httpVersion !== "HTTP/1.0";
}

export function compress(): MiddlewareHandler {
  return async function compress(c, next) {
    const { exchange } = (c as GatewayContext).env;
    const coding = mayCompress(exchange) ? chooseCoding(exchange.header("accept-encoding") ?? "") : undefined;
    if (coding === undefined) return next();
    exchange.wantResponse();
    await next();
    if (!isWorthwhile(c.res)) return;
    const etag = c.res.headers.get("etag");
    const body = c.res.body as ReadableStream<BufferSource>;
    c.res = new Response(body.pipeThrough(new CompressionStream(coding.format)), c.res);
    const { headers } = c.res;
    headers.delete("content-length");
    headers.delete("accept-ranges");
    headers.set("content-encoding", coding.name);
    if (!/(?:^|,)\s*(?:\*|accept-encoding)\s*(?:,|$)/i.test(headers.get("vary") ?? "")) {
      headers.append("vary", "Accept-Encoding");
    }
    // The bytes are no longer those that a strong validator vouches for (RFC 9110 8.8.1).
    if (etag !== null && !etag.startsWith("W/")) headers.set("etag", `W/${etag}`);
  };
}

function isWorthwhile({ status, headers, body }: Response): boolean {
  if (!STATUSES.includes(status) || headers.has("content-encoding")) return false;
  if (/\bno-transform\b/i.test(headers.get("cache-control") ?? "")) return false;
  const type = (headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (!TYPES.has(type)) return false;
  const length = headers.get("content-length");
  return (length === null || Number(length) >= MIN_BYTES) && body !== null;
}

/** The coding with the highest weight; ours decides between equals (RFC 9110 12.5.3). Undefined = send it as it is. */
export function chooseCoding(accept: string): Coding | undefined {
  const weights = new Map<string, number>();
  for (const item of accept.toLowerCase().split(",")) {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    if (name !== "") weights.set(name, weight === undefined ? 1 : Number(weight) || 0);
  }
  let best: Coding | undefined;
  let bestWeight = 0;
  for (const coding of CODINGS) {
    const weight = weights.get(coding.name) ?? weights.get("*") ?? 0;
    if (weight > bestWeight) [best, bestWeight] = [coding, weight];
  }
  return best;
}
