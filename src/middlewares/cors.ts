/** Cross-origin sharing (data-plane spec 3.3, Fetch standard 3.2). */
import { FieldEdit } from "../lib/header-edits.ts";
import type { CorsFilter } from "../table/filters.ts";
import type { Act } from "./act.ts";
import type { ExchangePort, ResponseHook } from "./ports.ts";

const ANY_ORIGIN = FieldEdit.set("Access-Control-Allow-Origin", "*");
const VARIES_BY_ORIGIN = FieldEdit.add("Vary", "Origin");
const WITH_CREDENTIALS = FieldEdit.set("Access-Control-Allow-Credentials", "true");
const WITHOUT_CREDENTIALS = FieldEdit.remove("Access-Control-Allow-Credentials");

export function cors(filter: CorsFilter): Act {
  const allows = originMatcher(filter.allowOrigins);
  const always = [
    FieldEdit.set("Access-Control-Allow-Methods", filter.allowMethods),
    FieldEdit.set("Access-Control-Allow-Headers", filter.allowHeaders),
    ...(filter.exposeHeaders === ""
      ? []
      : [FieldEdit.set("Access-Control-Expose-Headers", filter.exposeHeaders)]),
  ];

  function originFields(exchange: ExchangePort, origin: string | undefined): void {
    const edits = exchange.responseEdits;
    // The same for everybody, so that caches may keep it; without credentials, which are not for everybody.
    if (allows === undefined) {
      edits.make(ANY_ORIGIN);
      return edits.make(WITHOUT_CREDENTIALS);
    }
    edits.make(VARIES_BY_ORIGIN);
    if (origin !== undefined && allows(origin)) {
      edits.set("Access-Control-Allow-Origin", origin);
      // The upstream's were for those whom it admits itself.
      edits.make(filter.allowCredentials ? WITH_CREDENTIALS : WITHOUT_CREDENTIALS);
    } else if (filter.allowCredentials) {
      exchange.beforeResponse(credentialsUnlessAdmitted, { early: true });
    }
  }

  return function cors(exchange) {
    const origin = exchange.header("origin");
    const edits = exchange.responseEdits;
    originFields(exchange, origin);
    edits.makeAll(always);
    // Any other OPTIONS is the application's (rulings: CORS).
    const preflight = filter.answersPreflight && exchange.method === "OPTIONS" && origin !== undefined &&
      exchange.header("access-control-request-method") !== undefined;
    if (!preflight) return undefined;
    edits.set("Access-Control-Max-Age", String(filter.maxAgeS));
    return new Response(null, { status: 204, statusText: "No Content" });
  };
}

/** Whom the upstream admits by itself, `*` even, it admits with credentials of its own or with none. */
const credentialsUnlessAdmitted: ResponseHook = (_status, fields, exchange) => {
  const isAdmitted = (fields.get("access-control-allow-origin") ?? null) !== null;
  if (!isAdmitted) exchange.responseEdits.make(WITH_CREDENTIALS);
};

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
