/** Forward authentication: another server says whether a request may pass (data-plane spec 4.3, 4.4). */
import type { MiddlewareHandler } from "hono";
import { utf8 } from "../../lib/bytes.ts";
import type { HttpAnswer, HttpCall, HttpField } from "../../lib/http-call.ts";
import type { ForwardAuthFilter } from "../../table/filters.ts";
import type { ExchangePort, GatewayContext } from "../ports.ts";
import { compileText } from "../variables.ts";
import { redirectTo, refuse } from "./answer.ts";
import { type CallBuilder, compileCall } from "./forward-call.ts";
import type { AuthServices } from "./services.ts";

/** Answers of the application that carry the authentication server's cookies, as nginx's add_header has it. */
const COOKIE_STATUSES: ReadonlySet<number> = new Set([200, 201, 204, 206, 301, 302, 303, 304, 307, 308]);
/** Fields that decide what becomes of an answer, beside those that the upstream gets. */
const KEPT = ["www-authenticate", "set-cookie", "cache-control"];
/** A server that is down is told to the operator this often, not at every request. */
const REPORT_EVERY_MS = 10_000;

/** @param scope names the route: what was said about one is never used for another */
export function forwardAuth(
  filter: ForwardAuthFilter,
  services: AuthServices,
  scope: string,
): MiddlewareHandler {
  const buildCall = compileCall(filter);
  const ask = compileAsking(filter, services, scope);
  const signin = compileSignin(filter);
  const reportFailure = createReporter(services, scope);
  const { alwaysSetCookie } = filter;

  return async function forwardAuth(c, next) {
    const { exchange } = (c as GatewayContext).env;
    const call = build(exchange, buildCall);
    if (call instanceof Response) return call;
    let answer: HttpAnswer;
    try {
      answer = await ask(exchange, call);
    } catch (error) {
      if (!exchange.abortSignal.aborted) reportFailure(call.url.origin, error);
      return refuse(exchange, "AUTH_FAILED", "send-auth-request-fail", { cause: error });
    }
    const passed = answer.status >= 200 && answer.status < 300;
    handCookiesOver(exchange, valuesOf(answer, "set-cookie"), { passed, alwaysSetCookie });
    if (!passed) return deny(exchange, answer, signin);
    handIdentityOver(exchange, answer, filter.upstreamHeaders);
    return await next();
  };
}

function build(exchange: ExchangePort, buildCall: CallBuilder): HttpCall | Response {
  const call = buildCall(exchange);
  return typeof call === "string"
    ? refuse(exchange, "AUTH_FAILED", `build-auth-request-fail: ${call}`)
    : call;
}

type Ask = (exchange: ExchangePort, call: HttpCall) => Promise<HttpAnswer>;

/** Calls, or remembers, where the configuration names a key. Without a value of the key nothing is remembered. */
function compileAsking({ cache, ...rest }: ForwardAuthFilter, services: AuthServices, scope: string): Ask {
  const { call: send, answers, digests } = services;
  const askAnew: Ask = (exchange, call) => send({ ...call, signal: exchange.abortSignal });
  if (cache === null) return askAnew;
  const keyText = compileText(cache.key, "field");
  const lifetimes = new Map(
    cache.lifetimes.flatMap(({ statuses, ms }) => statuses.map((each) => [each, ms])),
  );
  const lifetimeOf = ({ status }: HttpAnswer) => lifetimes.get(status) ?? 0;
  // Another configuration, host or route is another question. What is digested may be a password.
  const prefix = `${scope}\n${JSON.stringify([cache, rest])}\n`;
  const keyOf = (host: string, key: string) =>
    String.fromCharCode(...digests.digest("sha256", utf8(`${prefix}${host}\n${key}`)));
  const needed = new Set([...KEPT, ...rest.upstreamHeaders.map((name) => name.toLowerCase())]);
  const slim = ({ status, headers }: HttpAnswer): HttpAnswer => ({
    status,
    headers: headers.filter(([name]) => needed.has(name)),
  });
  return function askOrRemember(exchange, call) {
    const key = keyText(exchange);
    if (typeof key !== "string") return askAnew(exchange, call);
    // Others may wait for the same answer: nobody's leaving ends the call.
    return answers.get(keyOf(exchange.host, key), lifetimeOf, async () => slim(await send(call)));
  };
}

/** Undefined = there is no place to log in; `undefined` as location = it cannot be named for this request. */
type Signin = ((exchange: ExchangePort) => string | undefined) | undefined;

function compileSignin({ signin }: ForwardAuthFilter): Signin {
  if (signin === null) return undefined;
  const text = compileText(signin, "url");
  return function locate(exchange) {
    const location = text(exchange);
    return typeof location === "string" ? location : undefined;
  };
}

function deny(exchange: ExchangePort, answer: HttpAnswer, signin: Signin): Response {
  const { status } = answer;
  const reason = `auth-service-status: ${status}`;
  if (status === 403) return refuse(exchange, "AUTH_FORBIDDEN", reason);
  if (status !== 401) return refuse(exchange, "AUTH_FAILED", reason);
  const fields = valuesOf(answer, "www-authenticate").map((value): HttpField => ["www-authenticate", value]);
  if (signin === undefined) return refuse(exchange, "AUTH_REQUIRED", reason, { fields });
  const location = signin(exchange);
  return location === undefined
    ? refuse(exchange, "AUTH_REQUIRED", "resolve-signinurl-fail", { fields })
    : redirectTo(location, fields);
}

/** Behind those of the application, both of two with one name. */
function handCookiesOver(
  exchange: ExchangePort,
  cookies: readonly string[],
  { passed, alwaysSetCookie }: { readonly passed: boolean; readonly alwaysSetCookie: boolean },
): void {
  if (cookies.length === 0 || !(passed || alwaysSetCookie)) return;
  exchange.beforeResponse((status) => {
    if (!alwaysSetCookie && !COOKIE_STATUSES.has(status)) return;
    for (const cookie of cookies) exchange.responseEdits.add("Set-Cookie", cookie);
  });
}

/** What says who the client is comes from the authentication server or from nobody. */
function handIdentityOver(exchange: ExchangePort, answer: HttpAnswer, names: readonly string[]): void {
  for (const name of names) {
    exchange.requestEdits.remove(name);
    for (const value of valuesOf(answer, name.toLowerCase())) exchange.requestEdits.add(name, value);
  }
}

function valuesOf({ headers }: HttpAnswer, name: string): string[] {
  return headers.filter(([each]) => each === name).map(([, value]) => value);
}

function createReporter({ report }: AuthServices, scope: string): (origin: string, cause: unknown) => void {
  let quietUntil = -Infinity;
  return function reportFailure(origin, cause) {
    if (performance.now() < quietUntil) return;
    quietUntil = performance.now() + REPORT_EVERY_MS;
    report(new Error(`route ${scope}: authentication server ${origin} did not answer`, { cause }));
  };
}
