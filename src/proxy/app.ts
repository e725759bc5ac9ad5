/**
 * The way of a request from its head to its route and on: straight to the upstream, past features that act at once, or
 * through Hono (one app, one handler, which runs the route's chain) where a middleware may have to wait.
 */
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Router } from "hono/router";
import { GatewayError } from "../errors.ts";
import type { ActingMiddleware, AnswerFailure, Chain } from "../middlewares/compile.ts";
import type { CompiledRoute } from "./compiled.ts";
import { deliver } from "./deliver.ts";
import type { Exchange } from "./exchange.ts";
import { Forward, type ForwardContext } from "./forward.ts";
import { ForwardedBody, type ForwardedResponse } from "./forwarded-response.ts";
import { LightRequest } from "./light-request.ts";
import { fromRequest, withHeaders } from "./outgoing.ts";
import { phraseOf } from "../http1/phrases.ts";
import type { Responder } from "./responder.ts";

/** What middlewares find in `c.env`. */
export interface Bindings {
  readonly exchange: Exchange;
  /** @internal */
  readonly responder: Responder;
  /** @internal */
  readonly request: LightRequest;
}

type GatewayContext = Context<{ Bindings: Bindings }>;

/** Serves one exchange: matches, runs middlewares, forwards, answers. Never throws. */
export type Serve = (exchange: Exchange, responder: Responder) => void;

export interface AppOptions extends ForwardContext {
  /** A fault of our own or of a middleware, for the log. */
  report(error: unknown): void;
}

export function createServe(options: AppOptions): Serve {
  const app = new Hono<{ Bindings: Bindings }>({ router: new OneRoute(), getPath: pathOf });
  app.all("*", (c) => runChain(c, options));
  app.onError((error, c) => {
    (c as GatewayContext).env.responder.fail(asGatewayError(error, options));
    return ANSWERED;
  });

  return function serve(exchange, responder) {
    const compiled = exchange.compiled = findRoute(exchange);
    exchange.matchedAt = options.wheel.recent;
    if (compiled === undefined) {
      responder.fail(
        exchange.listener.spec.routes.length === 0
          ? new GatewayError("EMPTY_POLICY", "empty policy")
          : new GatewayError("NO_RULE_MATCH", "no rule match"),
      );
    } else if (compiled.needsChain(exchange)) {
      const request = new LightRequest(exchange, responder);
      // The answer travels through `deliver` or straight to the responder: Hono would wrap it for HEAD.
      app.fetch(request as unknown as Request, { exchange, responder, request });
    } else if (compiled.acts.length === 0) {
      startForwarding(exchange, responder, options, compiled);
    } else {
      runActs(exchange, responder, options, compiled);
    }
  };
}

function findRoute(exchange: Exchange): CompiledRoute | undefined {
  const { matcher, routes } = exchange.listener;
  const route = matcher.find(exchange);
  return route === undefined ? undefined : routes.get(route);
}

/** What {@link runChain} does for requests that no middleware has to wait for. */
function runActs(
  exchange: Exchange,
  responder: Responder,
  options: AppOptions,
  compiled: CompiledRoute,
): void {
  const { acts } = compiled;
  for (let i = 0; i < acts.length; i++) {
    const { name, act } = acts[i] as ActingMiddleware;
    let answer: Response | undefined;
    try {
      answer = act(exchange);
    } catch (thrown) {
      const error = thrown instanceof GatewayError
        ? thrown
        : new GatewayError("MIDDLEWARE_FAILED", name, { cause: thrown });
      return responder.fail(asGatewayError(error, options));
    }
    if (answer === undefined) continue;
    // It takes its time only where the answer's body does.
    deliver(answer, exchange, responder).catch((error) => responder.fail(asGatewayError(error, options)));
    return;
  }
  startForwarding(exchange, responder, options, compiled);
}

/** Returned to Hono when the answer is somebody else's business; stateless, so one is enough. */
const ANSWERED = new Response(null);

async function runChain(c: GatewayContext, options: AppOptions): Promise<Response> {
  const { exchange, responder } = c.env;
  try {
    const chain = exchange.compiled?.chain as Chain;
    const response = await chain(c);
    options.wheel.now();
    if (!exchange.answeredDirectly && !responder.done) await deliver(response, exchange, responder);
  } catch (error) {
    responder.fail(asGatewayError(error, options));
  }
  return ANSWERED;
}

/** Nobody waits for the answer: it goes straight to the client. */
function startForwarding(
  exchange: Exchange,
  responder: Responder,
  options: AppOptions,
  compiled: CompiledRoute,
): void {
  exchange.filteredAt = options.wheel.recent;
  exchange.answeredDirectly = true;
  new Forward(options, exchange, compiled, responder).start();
}

/** The end of every chain: sends the request, as the middlewares left it, and answers with the upstream's head. */
export function forwardingEnd(options: AppOptions, wantsResponse: boolean): Chain {
  return async function forward(context) {
    const c = context as GatewayContext;
    const { exchange, responder, request } = c.env;
    const raw = c.req.raw as unknown;
    if (raw !== request) exchange.outgoing = await fromRequest(exchange, raw as Request, request);
    else if (request.changedHeaders !== undefined) {
      exchange.outgoing = withHeaders(exchange, request.changedHeaders);
    }
    // Middlewares may have waited for something.
    options.wheel.now();
    // The client went away, or was answered, while a middleware worked: an upstream would work for nobody.
    if (responder.done) throw new GatewayError("CLIENT_ABORTED", "client closed the connection");
    if (exchange.upstreamBody?.replayable === false) {
      throw new GatewayError("INTERNAL", "request body was read by a middleware and is too large to be sent");
    }
    const compiled = exchange.compiled as CompiledRoute; // whose chain this is
    if (!wantsResponse && !exchange.responseWanted) {
      startForwarding(exchange, responder, options, compiled);
      return ANSWERED;
    }
    exchange.filteredAt = options.wheel.recent;
    const answer = await new Promise<ForwardedResponse | GatewayError>((resolve) => {
      new Forward(options, exchange, compiled, new ForwardedBody(responder, resolve)).start();
    });
    if (answer instanceof GatewayError) throw answer;
    exchange.upstreamAnswer = { status: answer.status, received: answer.forwarded.received };
    const response = answer as unknown as Response;
    // Hono applies what `c.header()` prepared only to responses of its own making.
    for (const [name, value] of c.body(null).headers) {
      if (name === "set-cookie") response.headers.append(name, value);
      else response.headers.set(name, value);
    }
    return response;
  };
}

/** Failures as middlewares see them; they may change them as any other answer. */
export function failureAnswer(options: AppOptions): AnswerFailure {
  return function answerFailure(thrown, context) {
    const { exchange } = context.env as Bindings;
    // What the upstream said of its body does not hold for ours, and Hono would keep it.
    if (exchange.upstreamAnswer !== undefined) context.res = undefined;
    if (thrown instanceof HTTPException) return thrown.getResponse();
    const error = asGatewayError(thrown, options);
    // The upstream's answer is on its way to the client: there is nothing left to say.
    if (exchange.answeredDirectly) return ANSWERED;
    return errorResponse(exchange, error);
  };
}

function errorResponse(exchange: Exchange, error: GatewayError): Response {
  exchange.blame(error);
  exchange.upstreamFailure = error;
  const { fields, bytes } = exchange.errorBody(error.status);
  return new Response(bytes as Uint8Array<ArrayBuffer>, {
    status: error.status,
    statusText: phraseOf(error.status),
    headers: [...fields.map(([name, value]): [string, string] => [name, value]), [
      "content-length",
      String(bytes.length),
    ]],
  });
}

function asGatewayError(error: unknown, options: AppOptions): GatewayError {
  if (error instanceof GatewayError) {
    if (error.limit !== undefined) options.limits.hit?.(error.limit);
    // An endpoint that resets is nobody's fault here.
    if (error.source === "gateway" && (error.cause !== undefined || error.code === "INTERNAL")) {
      options.report(error);
    }
    return error;
  }
  options.report(error);
  return new GatewayError("INTERNAL", "internal error", { cause: error });
}

/** Hono's own routers look at method and path; there is one handler, so there is nothing to look for. */
class OneRoute<T> implements Router<T> {
  readonly name = "OneRoute";
  #match: ReturnType<Router<T>["match"]> = [[]];

  add(_method: string, _path: string, handler: T): void {
    this.#match = [[[handler, {}]]];
  }

  match(): ReturnType<Router<T>["match"]> {
    return this.#match;
  }
}

/** `c.req.path`: the normal form, in which the route was found. */
function pathOf(_request: Request, options?: { env?: Bindings }): string {
  return options?.env?.exchange.path ?? "/";
}
