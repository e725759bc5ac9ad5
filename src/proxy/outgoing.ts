/** What becomes of a request when middlewares have changed it. */
import { GatewayError } from "../errors.ts";
import { requestLinesOf } from "../http1/serialize.ts";
import type { Exchange } from "./exchange.ts";
import type { LightRequest } from "./light-request.ts";
import { RequestBody } from "./request-body.ts";

/** A request that a middleware has changed. */
export interface Outgoing {
  readonly method: string;
  /** Origin-form; undefined = as it would be without the middleware. */
  readonly target: string | undefined;
  readonly headers: Headers;
  /** Field lines, each ending in CRLF, with the Content-Length where there is one. */
  readonly lines: string;
  /** The client's, or another in its place; undefined when there is none. */
  readonly body: RequestBody | undefined;
}

/** The client's request with other fields. */
export function withHeaders(exchange: Exchange, headers: Headers): Outgoing {
  const { head: { framing }, method, body } = exchange;
  const length = framing.kind === "length" ? `Content-Length: ${framing.length}\r\n` : "";
  return { method, target: undefined, headers, lines: requestLinesOf(headers) + length, body };
}

/** A Request in the place of the client's, `original`, whose body is then read over. */
export async function fromRequest(
  exchange: Exchange,
  request: Request,
  original: LightRequest,
): Promise<Outgoing> {
  const { limits } = exchange.listener;
  const bytes = request.body === null ? new Uint8Array(0) : new Uint8Array(await request.arrayBuffer());
  if (bytes.length > limits.maxBufferedBodyBytes) {
    throw new GatewayError("BODY_TOO_LARGE", "request body made by a middleware is too large", {
      limit: "maxBufferedBodyBytes",
    });
  }
  exchange.body?.discard();
  const { href, pathname, search } = new URL(request.url);
  const asked = new URL(original.url);
  const headers = original.withLateEdits(request.headers);
  return {
    method: request.method,
    // A Request holds its URL resolved, and by other rules than ours (`\` is `/` there): a path that nobody changed goes
    // on as it came, or as it was rewritten.
    target: href === asked.href
      ? undefined
      : `${pathname === asked.pathname ? exchange.targetPath : pathname}${search}`,
    headers,
    lines: requestLinesOf(headers) +
      (bytes.length === 0 ? "" : `Content-Length: ${bytes.length}\r\n`),
    body: bytes.length === 0 ? undefined : bodyOf(exchange, bytes),
  };
}

/** A body that is there already. */
function bodyOf({ listener: { limits } }: Exchange, bytes: Uint8Array): RequestBody {
  const framing = { kind: "length", length: bytes.length } as const;
  const body = new RequestBody(framing, { resumeBody() {} }, {
    ...limits,
    maxBodyBytes: 0,
    maxReplayBytes: bytes.length,
  });
  body.feed(bytes, 0, bytes.length);
  return body;
}
