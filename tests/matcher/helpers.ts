/** Routes and requests for tests of the matcher. */
import assert from "node:assert/strict";
import { parseNetwork } from "../../src/lib/ip.ts";
import type { RequestView } from "../../src/matcher/request-view.ts";
import { requestOf, viewRequest } from "../../src/matcher/view.ts";
import type { Match, Row, Subject, Term } from "../../src/table/match.ts";
import type { Route } from "../../src/table/table.ts";

/** A route that has nothing but a name and a match. */
export function routeOf(name: string, match: Match): Route {
  return {
    id: `tcp/80/default/${name}`,
    name,
    source: { type: "rule", namespace: "default", name },
    object: { kind: "Rule", namespace: "default", name },
    index: 1,
    order: { place: "normal", priority: 5, complexity: 0, matchLength: 0 },
    match,
    upstream: "default/up",
    backendProtocol: "http",
    timeouts: { connectMs: 5_000, sendMs: 5_000, readMs: 120_000 },
    retry: { attempts: 5, resend: true, timeoutMs: null },
    filters: [],
    refusal: null,
    errorPages: null,
  };
}

/** `HEADER x-env` or `URL`, followed by the rows. */
export function term(subject: string, ...rows: Row[]): Term {
  const [type, key] = subject.split(" ");
  return { subject: (key === undefined ? { type } : { type, key }) as Subject, rows };
}

export interface Ask {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly peer?: string;
  readonly trusted?: readonly string[];
}

/** A view of a request as curl would send it: GET http://a.com/ from 10.9.9.9 unless told otherwise. */
export function ask(
  { method = "GET", url = "/", headers = {}, peer = "10.9.9.9", trusted = [] }: Ask,
): RequestView {
  const absolute = url.startsWith("/") ? `http://a.com${url}` : url;
  const lines = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, value] as const)
  );
  const networks = trusted.map(parseNetwork).filter((network) => network !== null);
  const result = viewRequest({ method, peer, ...requestOf(absolute, lines) }, networks);
  assert.ok(result.ok, JSON.stringify(result));
  return result.request;
}
