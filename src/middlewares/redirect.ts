/** Redirects (data-plane spec 3.2); nothing behind them runs. */
import { GatewayError } from "../errors.ts";
import { encodePath } from "../lib/path-encode.ts";
import { replacePrefix } from "../lib/prefix.ts";
import { escapeBytes } from "../lib/url-escape.ts";
import { encodeUtf8 } from "../lib/utf8.ts";
import type { RedirectFilter } from "../table/filters.ts";
import type { Act } from "./act.ts";
import type { ExchangePort } from "./ports.ts";

const PHRASES: Readonly<Record<number, string>> = {
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
};

export function redirect(filter: RedirectFilter): Act {
  const locate = locationOf(filter);
  const { code } = filter;
  const phrase = PHRASES[code] as string;
  const body =
    `<html>\n<head><title>${code} ${phrase}</title></head>\n<body><h1>${code} ${phrase}</h1></body>\n</html>\n`;
  return function redirect(exchange) {
    const location = locate(exchange);
    return new Response(body, {
      status: code,
      statusText: phrase,
      headers: { "content-type": "text/html", "content-length": String(body.length), location },
    });
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
  const changed = (path: string) => {
    const replaced = prefix === null ? path : replacePrefix(path, prefix.match, prefix.replacement);
    return replaced.startsWith("/") ? replaced : `/${replaced}`;
  };
  if (url !== null) {
    const target = encodeText(changed(url.startsWith("/") ? url : `/${url}`));
    return (exchange) => originOf(filter, exchange) + withQuery(target, exchange.query);
  }
  const onlyPathChanges = scheme === null && host === null && port === null;
  return (exchange) => {
    const path = changed(exchange.path);
    // Where the prefix is not there: clients would come back again and again.
    if (onlyPathChanges && path === exchange.path) {
      throw new GatewayError("INVALID_ACTION", "the redirect leads to itself");
    }
    return originOf(filter, exchange) + withQuery(encodePath(path), exchange.query);
  };
}

/** A target that has a query of its own keeps it; a fragment stays at the end (RFC 3986 3). */
function withQuery(target: string, query: string): string {
  const [place = "", ...fragment] = target.split(/(?=#)/);
  return query === "" || place.includes("?") ? target : `${place}?${escapeBytes(query)}${fragment.join("")}`;
}

/** "" when the client named no host, and none is configured: the redirect is then relative, if that leads anywhere. */
function originOf({ scheme, host, port }: RedirectFilter, exchange: ExchangePort): string {
  const onlyPathChanges = scheme === null && host === null && port === null;
  if (exchange.authority === "" && host === null) {
    if (onlyPathChanges) return "";
    throw new GatewayError("BAD_REQUEST", "no host to redirect to");
  }
  // The client's port is part of where it is.
  if (onlyPathChanges) return `${exchange.scheme}://${exchange.authority}`;
  const name = host ?? exchange.host;
  return `${scheme ?? exchange.scheme}://${name.includes(":") ? `[${name}]` : name}${
    port === null ? "" : `:${port}`
  }`;
}

/** A Location is ASCII (RFC 9110 10.2.2); escapes that are there stay. */
function encodeText(url: string): string {
  return escapeBytes(encodeUtf8(url));
}
