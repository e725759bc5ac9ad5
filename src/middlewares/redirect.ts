/** Redirects (data-plane spec 3.2); nothing behind them runs. */
import type { MiddlewareHandler } from "hono";
import { encodePath } from "../lib/path-encode.ts";
import { replacePrefix } from "../lib/prefix.ts";
import type { RedirectFilter } from "../table/filters.ts";
import type { ExchangePort, GatewayContext } from "./ports.ts";

const PHRASES: Readonly<Record<number, string>> = {
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
};

export function redirect(filter: RedirectFilter): MiddlewareHandler {
  const locate = locationOf(filter);
  const { code } = filter;
  const phrase = PHRASES[code] as string;
  const body =
    `<html>\n<head><title>${code} ${phrase}</title></head>\n<body><h1>${code} ${phrase}</h1></body>\n</html>\n`;
  return function redirect(c) {
    const location = locate((c as GatewayContext).env.exchange);
    return Promise.resolve(
      new Response(body, {
        status: code,
        statusText: phrase,
        headers: { "content-type": "text/html", location },
      }),
    );
  };
}

/** A URL of its own, with a scheme, goes out as it is; so does any when nothing else is given. */
function locationOf(filter: RedirectFilter): (exchange: ExchangePort) => string {
  const { url, scheme, host, port, prefix } = filter;
  if (
    url !== null &&
    (/^[a-z][a-z0-9+.-]*:\/\//i.test(url) || (scheme === null && host === null && port === null))
  ) {
    const location = encodeText(url);
    return () => location;
  }
  const fixedPath = url === null ? undefined : encodeText(url.startsWith("/") ? url : `/${url}`);
  return function locate(exchange) {
    const replaced = prefix === null
      ? exchange.path
      : replacePrefix(exchange.path, prefix.match, prefix.replacement);
    const path = fixedPath ?? encodePath(replaced.startsWith("/") ? replaced : `/${replaced}`);
    const query = exchange.query === "" || path.includes("?") ? "" : `?${exchange.query}`;
    return originOf(filter, exchange) + path + query;
  };
}

/** "" when the client named no host, and none is configured: the redirect is then relative. */
function originOf({ scheme, host, port }: RedirectFilter, exchange: ExchangePort): string {
  if (exchange.authority === "" && host === null) return "";
  // Only the path changes: the client's port is part of where it is.
  if (scheme === null && host === null && port === null) return `${exchange.scheme}://${exchange.authority}`;
  const name = host ?? exchange.host;
  const bracketed = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
  return `${scheme ?? exchange.scheme}://${bracketed}${port === null ? "" : `:${port}`}`;
}

/** A Location is ASCII (RFC 9110 10.2.2); escapes that are there stay. */
function encodeText(url: string): string {
  return url.replace(/[^\x21-\x7e]+/g, (text) => encodeURIComponent(text));
}
