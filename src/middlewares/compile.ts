/** Folds the middlewares of a route into one function, once, in Hono's `(c, next)` shape. */
import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { GatewayError } from "../errors.ts";
import type { Act } from "./act.ts";
import type { ExchangePort } from "./ports.ts";

export interface NamedMiddleware {
  /** As in logs and error reasons. */
  readonly name: string;
  readonly handler: MiddlewareHandler;
  /** Whether it looks at the answer in `c.res`; ours ask per request ({@link ExchangePort.wantResponse}). */
  readonly wantsResponse?: boolean;
  /** False = it would only call `next()`. */
  readonly applies?: (exchange: ExchangePort) => boolean;
  /** The same without Hono, of a feature that waits for nothing. */
  readonly act?: Act;
}

/** The middlewares of a route that act, in order, for requests that need no chain. */
export type ActingMiddleware = NamedMiddleware & { readonly act: Act };

/**
 * Whether the chain must run for a request: some middleware applies that does not act. A chain costs promises and a
 * context for every request, which those that act need not pay.
 */
export function needsChain(middlewares: readonly NamedMiddleware[]): (exchange: ExchangePort) => boolean {
  const waiting = middlewares.filter(({ act }) => act === undefined);
  if (waiting.some(({ applies }) => applies === undefined)) return () => true;
  const guards = waiting.flatMap(({ applies }) => applies ?? []);
  return (exchange) => guards.some((applies) => applies(exchange));
}

/** Runs a request to its end and answers with the response. */
export type Chain = (c: Context) => Promise<Response>;

/** The answer to a failure: one of ours, or what an `HTTPException` says. */
export type AnswerFailure = (error: GatewayError | HTTPException, c: Context) => Response;

/**
 * The chain `middlewares[0] → … → last`. As Hono's `compose` does it: what a middleware returns counts unless something
 * behind it has answered, `await next()` leaves the answer in `c.res`, and a failure becomes an answer where it happened,
 * so that the middlewares in front see it like any other, with the error in `c.error`.
 */
export function foldMiddlewares(
  middlewares: readonly NamedMiddleware[],
  last: Chain,
  answerFailure: AnswerFailure,
): Chain {
  const end: Chain = async (c) => {
    try {
      return await last(c);
    } catch (error) {
      return answerWith(
        error,
        new GatewayError("INTERNAL", "internal error", { cause: error }),
        c,
        answerFailure,
      );
    }
  };
  return middlewares.reduceRight<Chain>(
    (next, middleware) => (c) => run(middleware, c, next, answerFailure),
    end,
  );
}

async function run(
  { name, handler }: NamedMiddleware,
  c: Context,
  next: Chain,
  answerFailure: AnswerFailure,
): Promise<Response> {
  let called = false;
  try {
    const answer = await handler(c, async () => {
      if (called) throw new Error("next() called multiple times");
      called = true;
      const response = await next(c);
      // What is behind has set it already, unless it is the end of the chain.
      if (!c.finalized) c.res = response;
    });
    if (answer !== undefined && !c.finalized) c.res = answer;
    if (!c.finalized) throw new Error("neither answered nor called next()");
  } catch (error) {
    return answerWith(error, new GatewayError("MIDDLEWARE_FAILED", name, { cause: error }), c, answerFailure);
  }
  return c.res;
}

/** `otherwise` is what is to be said of errors that say nothing by themselves. */
function answerWith(
  thrown: unknown,
  otherwise: GatewayError,
  c: Context,
  answerFailure: AnswerFailure,
): Response {
  const error = thrown instanceof GatewayError || thrown instanceof HTTPException ? thrown : otherwise;
  c.error = error;
  return c.res = answerFailure(error, c);
}
