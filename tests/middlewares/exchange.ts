/** An exchange for tests of middlewares: plain data, and a record of what was done to it. */
import type { MiddlewareHandler } from "hono";
import type { GatewayError } from "../../src/errors.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import { HeaderEdits } from "../../src/lib/header-edits.ts";
import type { AnswerFields, ExchangePort, ResponseHook } from "../../src/middlewares/ports.ts";
import { type Act, actingMiddleware } from "../../src/middlewares/act.ts";

export interface FakeExchange extends ExchangePort {
  /** What was given to `blame`. */
  readonly blamed: GatewayError | undefined;
  /** As the connection does just before it writes an answer with this status and these fields. */
  answer(status: number, fields?: AnswerFields): void;
}

export interface FakeOptions extends Partial<Omit<ExchangePort, "header">> {
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

export function fakeExchange({ headers = {}, ...given }: FakeOptions = {}): FakeExchange {
  const hooks: ResponseHook[] = [];
  const requestEdits = new HeaderEdits();
  const header = (name: string) => headers[name.replaceAll("_", "-")];
  const exchange = {
    method: "GET",
    httpVersion: "HTTP/1.1",
    scheme: "http",
    host: "a.com",
    authority: "a.com:8080",
    path: "/abc",
    query: "",
    requestUri: "/abc",
    peerAddress: "10.9.9.9",
    peerPort: 40_000,
    clientAddress: "10.9.9.9",
    forwardedChain: "10.9.9.9",
    listenerPort: 80,
    requestId: "id-1",
    requestBytes: 99,
    startedWall: 1_700_000_000_123,
    abortSignal: new AbortController().signal,
    effectivePath: "/abc",
    requestEdits,
    responseEdits: new HeaderEdits(),
    header,
    effectiveHeader: (name: string) => requestEdits.apply(name, header(name)),
    effectiveHeaders: () => [...Object.entries(headers), ...requestEdits.entries()],
    rewritePath() {},
    setUpstreamHost() {},
    wantResponse() {},
    ...given,
    blamed: undefined as GatewayError | undefined,
    blame: (error: GatewayError) => void (exchange.blamed = error),
    errorBody: (status: number) => ({
      fields: [["Content-Type", "text/plain"]],
      bytes: utf8(`X-Error: ${status}\n`),
    }),
    beforeResponse: (hook: ResponseHook) => void hooks.push(hook),
    answer: (status: number, fields: AnswerFields = new Headers()) =>
      hooks.forEach((hook) => hook(status, fields, exchange)),
  } satisfies FakeExchange;
  return exchange;
}

/** What came of a middleware: its own answer, or that it went on. */
export type Outcome = { readonly next: true } | { readonly next: false; readonly response: Response };

/** The middleware of a feature that acts at once. */
export function acting(act: Act): MiddlewareHandler {
  return actingMiddleware("tested", act).handler;
}

export async function run(middleware: MiddlewareHandler, exchange: ExchangePort): Promise<Outcome> {
  let next = false;
  const context = { env: { exchange } } as unknown as Parameters<MiddlewareHandler>[0];
  const response = await middleware(context, () => {
    next = true;
    return Promise.resolve();
  });
  return next ? { next } : { next: false, response: response as Response };
}
