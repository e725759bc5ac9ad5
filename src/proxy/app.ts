/** The way of a request through Hono: one app, one handler, which finds the route and runs its chain. */
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Router } from "hono/router";
import { GatewayError } from "../errors.ts";
import type { AnswerFailure, Chain } from "../middlewares/compile.ts";
import type { CompiledRoute } from "./compiled.ts";
import { deliver } from "./deliver.ts";
import type { Exchange } from "./exchange.ts";
import { Forward, type ForwardContext } from "./forward.ts";
import { ForwardedBody, type ForwardedResponse } from "./forwarded-response.ts";
import { LightRequest } from "./light-request.ts";
import { fromRequest, withHeaders } from "./outgoing.ts";
import { phraseOf, type Responder } from "./responder.ts";

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
  app.all("*", (c) => handle(c, options));
  app.onError((error, c) => {
    (c as GatewayContext).env.responder.fail(asGatewayError(error, options));
    return ANSWERED;
  });

  return function serve(exchange, responder) {
    const request = new LightRequest(exchange, responder);
    // The answer travels through `deliver` or straight to the responder: Hono would wrap it for HEAD.
    app.fetch(request as unknown as Request, { exchange, responder, request });
  };
}

/** Returned to Hono when the answer is somebody else's business; stateless, so one is enough. */
const ANSWERED = new Response(null);

function handle(c: GatewayContext, options: AppOptions): Response | Promise<Response> {
  const { exchange, responder } = c.env;
  const { listener } = exchange;
  const route = listener.matcher.find(exchange);
  exchange.matchedAt = options.wheel.now();
  if (route === undefined) {
    responder.fail(
      listener.spec.routes.length === 0
        ? new GatewayError("EMPTY_POLICY", "empty policy")
        : new GatewayError("NO_RULE_MATCH", "no rule match"),
    );
    return ANSWERED;
  }
  const compiled = exchange.compiled = listener.routes.get(route) as CompiledRoute;
  const { chain, applies } = compiled;
  if (chain !== undefined && (applies === undefined || applies(exchange))) return runChain(c, chain, options);
  return startForwarding(c, options, compiled);
}

async function runChain(c: GatewayContext, chain: Chain, options: AppOptions): Promise<Response> {
  const { exchange, responder } = c.env;
  try {
    const response = await chain(c);
    if (!exchange.answeredDirectly && !responder.done) await deliver(response, exchange, responder);
  } catch (error) {
    responder.fail(asGatewayError(error, options));
  }
  return ANSWERED;
}

/** The end of a chain that nobody waits behind: the answer goes straight to the client. */
function startForwarding(c: GatewayContext, options: AppOptions, compiled: CompiledRoute): Response {
  const { exchange, responder } = c.env;
  exchange.filteredAt = options.wheel.now();
  exchange.answeredDirectly = true;
  new Forward(options, exchange, compiled, responder).start();
  return ANSWERED;
}

/** The end of every chain: sends the request, as the middlewares left it, and answers with the upstream's head. */
export function forwardingEnd(
  options: AppOptions,
  compiled: () => CompiledRoute,
  wantsResponse: boolean,
): Chain {
  return async function forward(context) {
    const c = context as GatewayContext;
    const { exchange, responder, request } = c.env;
    const raw = c.req.raw as unknown;
    if (raw !== request) exchange.outgoing = await fromRequest(exchange, raw as Request, request);
    else if (request.changedHeaders !== undefined) {
      exchange.outgoing = withHeaders(exchange, request.changedHeaders);
    }
    // The client went away, or was answered, while a middleware worked: an upstream would work for nobody.
    if (responder.done) throw new GatewayError("CLIENT_ABORTED", "client closed the connection");
    if (exchange.upstreamBody?.replayable === false) {
      throw new GatewayError("INTERNAL", "request body was read by a middleware and is too large to be sent");
    }
    if (!wantsResponse && !exchange.responseWanted) return startForwarding(c, options, compiled());
    exchange.filteredAt = options.wheel.now();
    const answer = await new Promise<ForwardedResponse | GatewayError>((resolve) => {
      new Forward(options, exchange, compiled(), new ForwardedBody(responder, resolve)).start();
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
  return new Response(`X-Error: ${error.status}\n`, {
    status: error.status,
    statusText: phraseOf(error.status),
    headers: { "content-type": "text/plain" },
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
