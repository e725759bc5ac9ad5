/**
 * `cookie`: the same endpoint for the same value of a cookie, which the gateway sets where there is none (data-plane
 * spec 3.9). Any value leads somewhere, also one that an application made. A client that had to be moved gets another
 * value, which leads to the endpoint that answered it: there it stays, even when the old one comes back.
 */
import { exactCookieValue } from "../../lib/cookie.ts";
import type { UpstreamEndpoint } from "../upstream.ts";
import type { BalancedExchange, Balancer, BalancerTools } from "./balancer.ts";
import { HashRing } from "./consistent-hash.ts";
import { eligibleOf, isSame } from "./eligible.ts";

/** Values drawn to find one that leads to an endpoint; a few milliseconds, and enough for a share of 1 in 2,000. */
const MAX_DRAWS = 20_000;

/** Tells values of processes apart that were made in the same millisecond. */
const INSTANCE = 1 + Math.floor(Math.random() * 99_999);

let stampedMs = 0;
let lastStamp = "";

/** Seconds with three digits and the instance; many values are drawn in one millisecond. */
function stamp(ms: number): string {
  if (ms !== stampedMs) {
    stampedMs = ms;
    lastStamp = `${Math.floor(ms / 1000)}.${String(1000 + ms % 1000).slice(1)}.${INSTANCE}.`;
  }
  return lastStamp;
}

export function cookieAffinity(
  endpoints: readonly UpstreamEndpoint[],
  name: string,
  tools: BalancerTools,
  /** The ring of the endpoints before, if it was ever used. */
  before?: HashRing,
): Balancer {
  let built: HashRing | undefined;
  const pools = before === undefined
    ? undefined
    : new Set(eligibleOf(endpoints).map(({ endpoint }) => endpoint.pool));

  function ring(): HashRing {
    return built ??= new HashRing(endpoints);
  }

  function drawValue(n: number): string {
    return `${stamp(Date.now() + n * 1000)}${1 + Math.floor(tools.random() * 999_999)}`;
  }

  /** Whether the endpoint that a value led to before the last change is gone, or gets nothing any more. */
  function isOrphan(value: string): boolean {
    const home = before?.home(value);
    return home !== undefined && pools?.has(home.pool) === false;
  }

  function leadsTo(endpoint: UpstreamEndpoint, value: string): boolean {
    const home = ring().home(value);
    return home !== undefined && isSame(home, endpoint) && !isOrphan(value);
  }

  /** Undefined when there is none to be found, because hardly any value leads there. */
  function valueFor(endpoint: UpstreamEndpoint): string | undefined {
    for (let n = 0; n < MAX_DRAWS; n++) {
      const value = drawValue(n);
      if (leadsTo(endpoint, value)) return value;
    }
    return undefined;
  }

  return {
    pick(tried, exchange) {
      exchange.affinityKey ??= sentValue(exchange, name) ?? drawValue(0);
      return ring().pick(exchange.affinityKey, tried);
    },
    answered(endpoint, exchange) {
      const sent = sentValue(exchange, name);
      const key = exchange.affinityKey ?? "";
      const isRight = leadsTo(endpoint, key);
      if (sent !== undefined && isRight) return;
      const value = isRight ? key : valueFor(endpoint) ?? (sent === undefined ? key : undefined);
      if (value === undefined) return;
      const secure = exchange.scheme === "https" ? "; Secure" : "";
      exchange.responseEdits.add("Set-Cookie", `${name}=${value}; Path=/${secure}; HttpOnly`);
    },
    renew: (next) => cookieAffinity(next, name, tools, built),
  };
}

/** An empty value is none. */
function sentValue(exchange: BalancedExchange, name: string): string | undefined {
  const field = exchange.header("cookie");
  return field === undefined ? undefined : exactCookieValue(field, name) || undefined;
}
