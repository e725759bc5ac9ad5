/** The call to an authentication server on behalf of a request (data-plane spec 4.3). */
import { fieldKey } from "../../lib/field-names.ts";
import type { HttpCall, HttpField } from "../../lib/http-call.ts";
import type { ForwardAuthFilter } from "../../table/filters.ts";
import type { ExchangePort } from "../ports.ts";
import { type CompiledText, compileText } from "../variables.ts";
import { refusedAddresses } from "./guard.ts";

/** The call, or why there is none, in words for people. */
export type CallBuilder = (exchange: ExchangePort) => HttpCall | string;

/** Fields about a body: the call has none, whatever the request has. */
const OF_BODY = ["content-length", "content-encoding", "transfer-encoding", "trailer", "te", "expect"];

/** Fields that every call has. What the client sent under these names, in any spelling, is not passed on. */
const GENERATED: Readonly<Record<string, (exchange: ExchangePort) => string>> = {
  "X-Original-URI": ({ requestUri }) => requestUri,
  "X-Original-URL": (exchange) => `${exchange.scheme}://${hostOf(exchange)}${exchange.requestUri}`,
  "X-Original-Method": ({ method }) => method,
  "X-Scheme": ({ scheme }) => scheme,
  "X-Sent-From": () => "alb",
  "X-Real-IP": ({ clientAddress }) => clientAddress,
  "X-Forwarded-For": ({ forwardedChain }) => forwardedChain,
  // Servers behind a proxy trust these: without ours they would believe the client's.
  "X-Forwarded-Proto": ({ scheme }) => scheme,
  "X-Forwarded-Host": hostOf,
  "X-Forwarded-Port": ({ listenerPort }) => String(listenerPort),
  "X-Forwarded-Uri": ({ requestUri }) => requestUri,
  "X-Forwarded-Method": ({ method }) => method,
};

const REDIRECT = "X-Auth-Request-Redirect";

/** Compiles what depends on the filter alone. */
export function compileCall(filter: ForwardAuthFilter): CallBuilder {
  const url = compileUrl(filter);
  const configured = Object.entries(filter.requestHeaders).map(([name, text]) =>
    [name, compileText(text, "field")] as const
  );
  const redirect = filter.requestRedirect === null ? undefined : compileText(filter.requestRedirect, "field");
  const dropped = new Set(
    [...OF_BODY, "host", ...Object.keys(GENERATED), REDIRECT, ...Object.keys(filter.requestHeaders)]
      .map(fieldKey),
  );
  const configuredKeys = new Set(Object.keys(filter.requestHeaders).map(fieldKey));
  const generated = Object.entries(GENERATED).filter(([name]) => !configuredKeys.has(fieldKey(name)));
  const { method, connectMs, readMs, tls } = filter;
  const refuses = refusedAddresses(filter.allowedNetworks);

  return function buildCall(exchange) {
    const target = url(exchange);
    if (typeof target === "string") return target;
    const headers: HttpField[] = [];
    if (!configuredKeys.has("host")) headers.push(["Host", target.hostname]);
    for (const field of exchange.effectiveHeaders()) {
      if (!dropped.has(fieldKey(field[0]))) headers.push(field);
    }
    for (const [name, read] of generated) headers.push([name, read(exchange)]);
    if (!configuredKeys.has(fieldKey(REDIRECT))) {
      const wanted = redirect === undefined ? "" : render(redirect, exchange);
      if (typeof wanted !== "string") return wanted.fault;
      headers.push([REDIRECT, wanted === "" ? exchange.requestUri : wanted]);
    }
    for (const [name, text] of configured) {
      const value = render(text, exchange);
      if (typeof value !== "string") return value.fault;
      // An empty value takes the field away, as nginx's proxy_set_header does.
      if (value !== "") headers.push([name, value]);
    }
    return { method, url: target, headers, connectMs, readMs, tls, refuses };
  };
}

function hostOf({ requestEdits, authority }: ExchangePort): string {
  return requestEdits.get("host") ?? authority;
}

function compileUrl({ url }: ForwardAuthFilter): (exchange: ExchangePort) => URL | string {
  const text = compileText(url, "url");
  if (url.every((piece) => !piece.startsWith("$"))) {
    const constant = parseUrl(url.join(""));
    return () => constant;
  }
  return function renderUrl(exchange) {
    const rendered = text(exchange);
    return typeof rendered === "string" ? parseUrl(rendered) : noValue(rendered.missing);
  };
}

/** User information is refused: what a variable brings in front of an `@` must not make another host of it. */
function parseUrl(text: string): URL | string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isUsable = (url?.protocol === "http:" || url?.protocol === "https:") && url.username === "" &&
    url.password === "";
  if (url === undefined || !isUsable) return "not an absolute http or https URL";
  url.hash = "";
  return url;
}

// deno-lint-ignore no-control-regex -- they are what is looked for
const CONTROLS = /[\x00-\x08\x0a-\x1f\x7f]+/g;

/** One line: what a ConfigMap says may have line breaks around it. */
function render(text: CompiledText, exchange: ExchangePort): string | { readonly fault: string } {
  const value = text(exchange);
  if (typeof value !== "string") return { fault: noValue(value.missing) };
  return value.trim().replace(CONTROLS, " ");
}

function noValue(variable: string): string {
  return `variable ${variable} has no value`;
}
