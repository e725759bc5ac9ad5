/** Folds the middlewares of a route into one function, once, in Hono's `(c, next)` shape. */
import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { GatewayError } from "../errors.ts";
import type { ExchangePort } from "./ports.ts";

export interface NamedMiddleware {
  /** As in logs and error reasons. */
  readonly name: string;
  readonly handler: MiddlewareHandler;
  /** Whether it looks at the answer in `c.res`; ours ask per request ({@link ExchangePort.wantResponse}). */
  readonly wantsResponse?: boolean;
  /** False = it would only call `next()`. A chain of which no part applies is passed by. */
  readonly applies?: (exchange: ExchangePort) => boolean;
}

/** Runs a request to its end and answers with the response. */
export type Chain = (c: Context) => Promise<Response>;

/**
 * The chain `middlewares[0] → … → last`. Like Hono's `compose`: what a middleware returns counts unless something behind
 * it has answered, and `await next()` leaves the answer in `c.res`. A middleware that throws rejects the chain with
 * {@link GatewayError} MIDDLEWARE_FAILED and its name; a GatewayError of its own stays what it is, and an `HTTPException`
 * is answered as it says.
 */
export function foldMiddlewares(middlewares: readonly NamedMiddleware[], last: Chain): Chain {
  return middlewares.reduceRight<Chain>((next, middleware) => (c) => run(middleware, c, next), last);
}

async function run({ name, handler }: NamedMiddleware, c: Context, next: Chain): Promise<Response> {
  let called = false;
  try {
    const answer = await handler(c, async () => {
      if (called) throw new Error("next() called more than once");
      called = true;
      const response = await next(c);
      // What is behind has set it already, unless it is the end of the chain.
      if (!c.finalized) c.res = response;
    });
    if (answer !== undefined && !c.finalized) c.res = answer;
  } catch (error) {
    if (error instanceof HTTPException) return c.res = error.getResponse();
    // One of ours, or thrown further in: it has its name already.
    if (error instanceof GatewayError) throw error;
    throw new GatewayError("MIDDLEWARE_FAILED", name, { cause: error });
  }
  if (!c.finalized) {
    throw new GatewayError("MIDDLEWARE_FAILED", name, {
      cause: new Error("neither answered nor called next()"),
    });
  }
  return c.res;
}
