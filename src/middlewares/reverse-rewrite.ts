/** Addresses in the upstream's answers, as clients know them (data-plane spec 10.2, B-65). */
import type { MiddlewareHandler } from "hono";
import { encodeUtf8 } from "../lib/utf8.ts";
import type { Replacement, ReverseRewriteFilter } from "../table/filters.ts";
import type { GatewayContext } from "./ports.ts";

/** What stands in front of the address in a Refresh field. */
const REFRESH = /^(\s*\d+\s*[;,]\s*(?:url\s*=\s*)?["']?)(.*)$/i;

export function reverseRewrite(filter: ReverseRewriteFilter): MiddlewareHandler {
  const location = encoded(filter.location);
  const cookieDomain = encoded(filter.cookieDomain);
  const cookiePath = encoded(filter.cookiePath);

  function changeCookie(cookie: string): string {
    return cookie.split(";").map((part, index) => {
      const [, before = "", name = "", value = ""] = index === 0
        ? []
        : /^(\s*(Domain|Path)\s*=\s*)(.*?)\s*$/i.exec(part) ?? [];
      if (name.toLowerCase() === "domain") return before + replaceDomain(value, cookieDomain);
      return name === "" ? part : before + replaceStart(value, cookiePath);
    }).join(";");
  }

  return async function reverseRewrite(c, next) {
    (c as GatewayContext).env.exchange.wantResponse();
    await next();
    const { headers } = c.res;
    const at = headers.get("location");
    if (at !== null) change(headers, "location", at, replaceStart(at, location));
    const refresh = headers.get("refresh");
    const [, before = "", to] = REFRESH.exec(refresh ?? "") ?? [];
    if (refresh !== null && to !== undefined) {
      change(headers, "refresh", refresh, before + replaceStart(to, location));
    }
    const cookies = headers.getSetCookie();
    const changed = cookies.map(changeCookie);
    if (changed.every((cookie, index) => cookie === cookies[index])) return;
    headers.delete("set-cookie");
    for (const cookie of changed) headers.append("set-cookie", cookie);
  };
}

/** Untouched heads go to the client as they are. */
function change(headers: Headers, name: string, before: string, after: string): void {
  if (after !== before) headers.set(name, after);
}

/** The first that fits decides. */
function replaceStart(text: string, replacements: readonly Replacement[]): string {
  const found = replacements.find(({ from }) => text.startsWith(from));
  return found === undefined ? text : found.to + text.slice(found.from.length);
}

/** Whole domains; a leading dot means nothing (RFC 6265 5.2.3). */
function replaceDomain(text: string, replacements: readonly Replacement[]): string {
  const bare = (domain: string) => domain.replace(/^\./, "").toLowerCase();
  return replacements.find(({ from }) => bare(from) === bare(text))?.to ?? text;
}

/** As field values hold it, one byte a character. */
function encoded(replacements: readonly Replacement[]): readonly Replacement[] {
  return replacements.map(({ from, to }) => ({ from: encodeUtf8(from), to: encodeUtf8(to) }));
}
