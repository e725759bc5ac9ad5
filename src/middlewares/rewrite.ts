/** URL rewrite (data-plane spec 3.1): changes the path that the upstream gets; the query stays. */
import { GatewayError } from "../errors.ts";
import { replacePrefix } from "../lib/prefix.ts";
import { cachedRegex } from "../lib/regex-cache.ts";
import { compileReplacement } from "../lib/regex-replace.ts";
import type { RewriteFilter } from "../table/filters.ts";
import type { Act } from "./act.ts";

export function rewrite(filter: RewriteFilter): Act {
  const apply = compile(filter);
  return function rewrite(exchange) {
    const path = apply(exchange.path);
    if (path !== exchange.path) exchange.rewritePath(checked(path));
    return undefined;
  };
}

function compile({ path }: RewriteFilter): (path: string) => string {
  if (path.kind === "full") return () => path.target;
  if (path.kind === "prefix") return (text) => replacePrefix(text, path.prefix, path.replacement);
  const result = cachedRegex(path.base);
  if (!result.ok) throw new Error(result.reason);
  return compileReplacement(result.regex, path.target);
}

/**
 * What captures were put together to must still be one path: a dot segment would lead the upstream elsewhere than the rule
 * that matched, and was authorised.
 */
function checked(path: string): string {
  if (/(?:^|[/\\])\.\.?(?:$|[/\\;])/.test(path)) {
    throw new GatewayError("BAD_REQUEST", "rewritten path has dot segments");
  }
  return path.startsWith("/") ? path : `/${path}`;
}
