/** URL rewrite (data-plane spec 3.1): changes the path that the upstream gets; the query stays. */
import { GatewayError } from "../errors.ts";
import { replacePrefix } from "../lib/prefix.ts";
import { cachedRegex } from "../lib/regex-cache.ts";
import { compileReplacement } from "../lib/regex-replace.ts";
import type { RewriteFilter } from "../table/filters.ts";
import type { Act } from "./act.ts";

export function rewrite(filter: RewriteFilter): Act {
  const apply = remembering(compile(filter));
  return function rewrite(exchange) {
    const path = apply(exchange.path);
    if (path !== exchange.path) exchange.rewritePath(path);
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

/** Many clients ask for one path again and again: what it came to last is not worked out anew. */
function remembering(apply: (path: string) => string): (path: string) => string {
  let last: string | undefined;
  let result = "";
  return function remembered(path) {
    if (path !== last) {
      result = checked(apply(path), path);
      last = path;
    }
    return result;
  };
}

/**
 * What captures were put together to must still be one path: a dot segment would lead the upstream elsewhere than the rule
 * that matched, and was authorised.
 */
function checked(path: string, original: string): string {
  if (path === original) return path;
  if (/(?:^|[/\\])\.\.?(?:$|[/\\;])/.test(path)) {
    throw new GatewayError("BAD_REQUEST", "rewritten path has dot segments");
  }
  return path.startsWith("/") ? path : `/${path}`;
}
