/**
 * Values of nginx's variables (data-plane spec 3.5, 4.2), looked up once when the table is compiled. A value holds one
 * byte a character, as heads do, and is used as it is: whatever stands in it, nobody expands it again.
 */
import { parseBasicCredentials } from "../lib/basic-credentials.ts";
import { cookieValue } from "../lib/cookie.ts";
import { encodePath } from "../lib/path-encode.ts";
import { firstParam, rawParam } from "../lib/query.ts";
import { escapeBytes, escapeComponent, escapeUrl } from "../lib/url-escape.ts";
import { encodeUtf8 } from "../lib/utf8.ts";
import { variableOf, type VarString } from "../lib/var-string.ts";
import { type FixedVariable, readVariableName, type VariablePrefix } from "../lib/variable-names.ts";
import { createNginxTime } from "../telemetry/access-log/time.ts";
import type { ExchangePort } from "./ports.ts";

/** Reads a value from an exchange; undefined when it has none. */
export type Variable = (exchange: ExchangePort) => string | undefined;

/** The variable called `name` (without `$`); undefined when there is no such variable. */
export function compileVariable(name: string): Variable | undefined {
  const known = readVariableName(name);
  if (known === undefined) return undefined;
  return known.kind === "fixed" ? FIXED[known.name] : PREFIXED[known.prefix](known.rest);
}

const nginxTime = createNginxTime();

const FIXED: Readonly<Record<FixedVariable, Variable>> = {
  args: ({ query }) => query,
  best_http_host: httpHost,
  content_length: requestField("content-length"),
  content_type: requestField("content-type"),
  document_uri: ({ effectivePath }) => encodeUtf8(effectivePath),
  escaped_request_uri: ({ requestUri }) => escapeComponent(requestUri),
  first_forward: firstForward,
  first_forward_or_remote_addr: ({ clientAddress }) => clientAddress,
  host: ({ host }) => host.includes(":") ? `[${host}]` : host,
  https: ({ scheme }) => scheme === "https" ? "on" : "",
  is_args: ({ query }) => query === "" ? "" : "?",
  method: ({ method }) => method,
  msec: ({ startedWall }) => (startedWall / 1000).toFixed(3),
  pass_access_scheme: ({ scheme }) => scheme,
  pass_server_port: ({ listenerPort }) => String(listenerPort),
  proxy_add_x_forwarded_for: ({ forwardedChain }) => forwardedChain,
  query_string: ({ query }) => query,
  remote_addr: ({ clientAddress }) => clientAddress,
  remote_port: ({ peerPort }) => String(peerPort),
  remote_user: remoteUser,
  request: ({ method, requestUri, httpVersion }) => `${method} ${requestUri} ${httpVersion}`,
  request_id: ({ requestId }) => requestId,
  request_length: ({ requestBytes }) => String(requestBytes),
  request_method: ({ method }) => method,
  request_uri: ({ requestUri }) => requestUri,
  scheme: ({ scheme }) => scheme,
  server_port: ({ listenerPort }) => String(listenerPort),
  server_protocol: ({ httpVersion }) => httpVersion,
  time_iso8601: ({ startedWall }) => `${new Date(startedWall).toISOString().slice(0, 19)}+00:00`,
  time_local: ({ startedWall }) => nginxTime(startedWall),
  uri: ({ effectivePath }) => encodeUtf8(effectivePath),
};

const PREFIXED: Readonly<Record<VariablePrefix, (rest: string) => Variable>> = {
  http_: (rest) => rest === "host" ? httpHost : requestField(rest.replaceAll("_", "-")),
  header_: (rest) => PREFIXED.http_(rest),
  cookie_: cookie,
  arg_: (rest) => ({ query }) => rawParam(query, rest),
  param_: (rest) => ({ query }) => {
    const value = firstParam(query, rest);
    return value === undefined ? undefined : encodeUtf8(value);
  },
};

/** A field as the features in front have left it. */
function requestField(name: string): Variable {
  return (exchange) => exchange.effectiveHeader(name);
}

/** Host as the client wrote it, port included, unless a feature in front has changed it. */
function httpHost({ requestEdits, authority }: ExchangePort): string | undefined {
  return requestEdits.get("host") ?? (authority === "" ? undefined : authority);
}

/** A pair of quotes around the value is no part of it; a lone one is (data-plane spec 3.5). */
function cookie(name: string): Variable {
  return function readCookie(exchange) {
    const cookies = exchange.effectiveHeader("cookie");
    const value = cookies === undefined ? undefined : cookieValue(cookies, name);
    return value !== undefined && value.length > 1 && value.startsWith('"') && value.endsWith('"')
      ? value.slice(1, -1)
      : value;
  };
}

/** "" unless a trusted proxy says who the client is: nobody else's X-Forwarded-For counts. */
function firstForward({ clientAddress, peerAddress }: ExchangePort): string {
  return clientAddress === peerAddress ? "" : clientAddress;
}

function remoteUser(exchange: ExchangePort): string | undefined {
  const authorization = exchange.effectiveHeader("authorization");
  const credentials = authorization === undefined ? undefined : parseBasicCredentials(authorization);
  return typeof credentials === "object" ? encodeUtf8(credentials.user) : undefined;
}

/** What a text becomes when a variable in it has no value. */
export interface MissingVariable {
  readonly missing: string;
}

/** Puts values into a text; one byte a character. */
export type CompiledText = (exchange: ExchangePort) => string | MissingVariable;

/** Where a text goes: a URL takes no value that would break out of it. */
export type TextPlace = "field" | "url";

/** Compiles a text with variables. One that is unknown has no value, ever. */
export function compileText(text: VarString, place: TextPlace): CompiledText {
  const pieces = text.map((piece) => {
    const name = variableOf(piece);
    return name === undefined ? literal(piece, place) : { name, read: reader(name, place) };
  });
  if (pieces.every((piece) => typeof piece === "string")) {
    const constant = pieces.join("");
    return () => constant;
  }
  return function renderText(exchange) {
    let rendered = "";
    for (const piece of pieces) {
      const part = typeof piece === "string" ? piece : piece.read(exchange);
      if (part === undefined) return { missing: (piece as { name: string }).name };
      rendered += part;
    }
    return rendered;
  };
}

/** What the configuration says goes out as it is, as far as it can stand in a head at all. */
function literal(piece: string, place: TextPlace): string {
  return place === "url" ? escapeBytes(encodeUtf8(piece)) : encodeUtf8(piece);
}

function reader(name: string, place: TextPlace): Variable {
  const read = compileVariable(name) ?? (() => undefined);
  if (place === "field") return read;
  const known = readVariableName(name);
  // These are decoded: what is in them must not become structure of the URL again.
  if (known?.kind === "fixed" && (known.name === "uri" || known.name === "document_uri")) {
    return ({ effectivePath }) => encodePath(effectivePath);
  }
  const escape = known?.kind === "prefixed" && known.prefix === "param_" ? escapeComponent : escapeUrl;
  return function readEscaped(exchange) {
    const value = read(exchange);
    return value === undefined ? undefined : escape(value);
  };
}
