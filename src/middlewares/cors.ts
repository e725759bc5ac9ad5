/** Cross-origin sharing (data-plane spec 3.3, Fetch standard 3.2). */
import type { CorsFilter } from "../table/filters.ts";
import type { HeaderEdits } from "../lib/header-edits.ts";
import type { Act } from "./act.ts";

export function cors(filter: CorsFilter): Act {
  const allows = originMatcher(filter.allowOrigins);
  const any = allows === undefined;

  function originFields(edits: HeaderEdits, origin: string | undefined): void {
    if (any) {
      // `*` with credentials is void to browsers, and credentials are not for everybody.
      if (origin !== undefined) edits.set("Access-Control-Allow-Origin", "*");
      return;
    }
    edits.add("Vary", "Origin");
    if (origin !== undefined && allows(origin)) edits.set("Access-Control-Allow-Origin", origin);
    if (filter.allowCredentials) edits.set("Access-Control-Allow-Credentials", "true");
  }

  return function cors(exchange) {
    const origin = exchange.header("origin");
    const edits = exchange.responseEdits;
    originFields(edits, origin);
    edits.set("Access-Control-Allow-Methods", filter.allowMethods);
    edits.set("Access-Control-Allow-Headers", filter.allowHeaders);
    if (filter.exposeHeaders !== "") edits.set("Access-Control-Expose-Headers", filter.exposeHeaders);
    // Any other OPTIONS is the application's (rulings: CORS).
    const preflight = filter.answersPreflight && exchange.method === "OPTIONS" && origin !== undefined &&
      exchange.header("access-control-request-method") !== undefined;
    if (!preflight) return undefined;
    edits.set("Access-Control-Max-Age", String(filter.maxAgeS));
    return new Response(null, { status: 204, statusText: "No Content" });
  };
}

/** Whether an origin is in the list; undefined when every origin is. Compares whole origins, case-insensitively. */
export function originMatcher(list: readonly string[]): ((origin: string) => boolean) | undefined {
  if (list.length === 0 || list.includes("*")) return undefined;
  const exact = new Set(list.filter((entry) => !entry.includes("*")).map((entry) => entry.toLowerCase()));
  const wildcards = list.filter((entry) => entry.split("*").length === 2).map((entry) => {
    const [before = "", after = ""] = entry.toLowerCase().split("*");
    return { before, after };
  });
  return function allows(origin) {
    const text = origin.toLowerCase();
    if (exact.has(text)) return true;
    return wildcards.some(({ before, after }) =>
      text.length > before.length + after.length && text.startsWith(before) && text.endsWith(after) &&
      // The star stands for names, not for the end of one authority and the beginning of another.
      /^[a-z0-9.-]+$/.test(text.slice(before.length, text.length - after.length))
    );
  };
}
